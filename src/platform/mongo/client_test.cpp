#include "platform/mongo/client.hpp"

#include <chrono>
#include <stdexcept>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mongo {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// Port 1 (tcpmux) is privileged, and nobody listens there.
constexpr const char* refusing_uri = "mongodb://somebody:s3cret@127.0.0.1:1/?authSource=admin";

TEST(MongoPool, RefusesAUriThatCannotBeParsedWithoutRepeatingIt) {
    for (const auto* uri : {"s3cret", "mongodb://user:s3cret@/", "http://s3cret"}) {
        try {
            const Pool pool({.uri = uri});
            FAIL() << uri;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
        }
    }
}

/// Listens on a loopback port of its own, accepts nobody, and sees who comes.
class Doorkeeper {
public:
    Doorkeeper() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(socket_, 1) != 0 ||
            getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            throw std::runtime_error("cannot listen");
        }
        port_ = ntohs(address.sin_port);
    }
    ~Doorkeeper() { close(socket_); }
    Doorkeeper(const Doorkeeper&) = delete;
    Doorkeeper& operator=(const Doorkeeper&) = delete;

    [[nodiscard]] std::string uri() const { return "mongodb://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] bool has_somebody_come() const {
        pollfd door{.fd = socket_, .events = POLLIN, .revents = 0};
        return poll(&door, 1, 0) == 1;
    }

private:
    int socket_;
    std::uint16_t port_ = 0;
};

TEST(MongoPool, DoesNotConnectBeforeTheFirstCall) {
    const Doorkeeper server;
    const auto make_pool = [&] { return Pool({.uri = server.uri(), .server_selection_timeout = 100ms}); };
    {
        const Pool unused = make_pool();
        EXPECT_EQ(unused.usage().open, 0U);
        EXPECT_FALSE(server.has_somebody_come());
    }
    // Its threads have ended: none of them has connected meanwhile.
    EXPECT_FALSE(server.has_somebody_come());
    EXPECT_THROW(make_pool().ping(), platform::StoreUnavailable);
    EXPECT_TRUE(server.has_somebody_come());
}

TEST(MongoPool, IsUnavailableOnceTheServerSelectionTimeoutHasPassed) {
    const Pool pool({.uri = refusing_uri, .server_selection_timeout = 200ms});
    ::testing::internal::CaptureStderr();
    const auto start = std::chrono::steady_clock::now();
    try {
        pool.ping();
        ADD_FAILURE() << "somebody answers on port 1";
    } catch (const platform::StoreUnavailable& error) {
        EXPECT_EQ(error.store(), "MongoDB");
        EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
    }
    const auto passed = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    EXPECT_GE(passed, 150ms);
    EXPECT_LT(passed, 3s);
}

TEST(MongoPool, TheUriWinsOverTheSettings) {
    const Pool pool({.uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", .server_selection_timeout = 60s});
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THROW(pool.ping(), platform::StoreUnavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(MongoPool, EveryCallIsUnavailableWithoutAServer) {
    const Pool pool({.uri = refusing_uri, .server_selection_timeout = 50ms});
    const auto collection = pool.collection("database", "collection");
    const auto document = bson::Builder().int32("_id", 1).take();
    EXPECT_THROW(static_cast<void>(collection.find_one(document)), platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(collection.find(document)), platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(collection.bulk()), platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(collection.estimated_count()), platform::StoreUnavailable);
    EXPECT_THROW(collection.create_index(document), platform::StoreUnavailable);
    EXPECT_THROW(collection.drop(), platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(pool.server_time_ms()), platform::StoreUnavailable);
}

TEST(MongoPool, RefusesAUriThatAsksForLessThanItsUsersRelyOn) {
    const auto refusal_of = [](const std::string& options, bool may_read_from_secondaries = false) -> std::string {
        try {
            const Pool pool({.uri = "mongodb://anna:s3cret@db.example/?" + options,
                             .may_read_from_secondaries = may_read_from_secondaries});
            return {};
        } catch (const std::invalid_argument& refusal) {
            return refusal.what();
        }
    };
    for (const auto* weak : {"w=0", "w=1", "w=-1", "safe=false", "safe=true", "journal=false",
                             "w=majority&journal=false", "readConcernLevel=local", "readConcernLevel=available",
                             "readConcernLevel=snapshot", "readConcernLevel=s3cret"}) {
        for (const bool may_read_from_secondaries : {false, true}) {
            EXPECT_THAT(refusal_of(weak, may_read_from_secondaries), HasSubstr(": expected")) << weak;
            EXPECT_THAT(refusal_of(weak, may_read_from_secondaries), Not(HasSubstr("s3cret"))) << weak;
        }
    }
    EXPECT_THAT(refusal_of("w=0&readPreference=nearest"), HasSubstr("w=0: expected w=majority"));
    for (const auto* elsewhere : {"secondary", "secondaryPreferred", "primaryPreferred", "nearest"}) {
        const auto option = std::string("readPreference=") + elsewhere;
        EXPECT_THAT(refusal_of(option), HasSubstr("readPreference: expected primary")) << elsewhere;
        EXPECT_EQ(refusal_of(option, true), "") << elsewhere;
    }
    for (const auto* safe :
         {"", "w=majority", "w=2", "w=overTwoSites", "journal=true", "readPreference=primary",
          "readConcernLevel=majority", "readConcernLevel=linearizable", "w=majority&wtimeoutMS=500&retryWrites=true"}) {
        EXPECT_EQ(refusal_of(safe), "") << safe;
    }
}

TEST(MongoPool, TellsWhenAPasswordMayTravelInPlain) {
    const auto may = [](const std::string& uri) { return may_send_password_in_plain({.uri = uri}); };
    EXPECT_TRUE(may("mongodb://anna:secret@db.example:27017/"));
    EXPECT_TRUE(may("mongodb://anna:secret@127.0.0.1,db.example/"));
    EXPECT_FALSE(may("mongodb://anna:secret@db.example/?tls=true"));
    EXPECT_FALSE(may("mongodb://anna:secret@127.0.0.1,localhost/"));
    EXPECT_FALSE(may("mongodb://db.example/"));
    // With its option, mongodb+srv:// asks for TLS.
    EXPECT_FALSE(may("mongodb+srv://anna:secret@cluster.db.example/"));
}

}  // namespace
}  // namespace twinfleet::mongo
