// MongoDB over TLS: its stand-in speaks none, so a proxy does that for it.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/mongo/client.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/stores.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tls_proxy.hpp"

namespace twinfleet::mongo {
namespace {

using namespace std::chrono_literals;
using twinfleet::testing::Identity;
using twinfleet::testing::TemporaryFolder;

class MongoTls : public ::testing::Test {
protected:
    MongoTls() {
        authority_.write_certificate(folder_ / "authority.crt");
        stranger_.write_certificate(folder_ / "stranger.crt");
    }

    static std::uint16_t port_in(const std::string& uri) {
        return static_cast<std::uint16_t>(std::stoi(uri.substr(uri.rfind(':') + 1)));
    }
    [[nodiscard]] Settings settings(const std::string& host, const std::string& options) const {
        return {.uri = "mongodb://" + host + ":" + std::to_string(proxy_.port()) + "/?" + options,
                .server_selection_timeout = 2s,
                .connect_timeout = 1s};
    }
    [[nodiscard]] std::string trusting(const std::string& file) const {
        return "tls=true&tlsCAFile=" + (folder_ / file);
    }

    const TemporaryFolder folder_;
    const twinfleet::testing::TestMongo mongo_;
    const Identity authority_{"authority", nullptr};
    const Identity stranger_{"stranger", nullptr};
    const Identity identity_{"mongodb", &authority_, "IP:127.0.0.1"};
    const twinfleet::testing::TlsProxy proxy_{identity_, port_in(mongo_.uri())};
};

TEST_F(MongoTls, AServerOfATrustedAuthorityIsSpokenTo) {
    const Pool pool(settings("127.0.0.1", trusting("authority.crt")));
    pool.ping_primary();
    EXPECT_GT(pool.server_time_ms(), 0);
}

TEST_F(MongoTls, AServerOfAnotherAuthorityOrNameIsRefused) {
    EXPECT_THROW(Pool(settings("127.0.0.1", trusting("stranger.crt"))).ping(), platform::StoreUnavailable);
    EXPECT_THROW(Pool(settings("127.0.0.1", "tls=true")).ping(), platform::StoreUnavailable)
        << "the system does not trust it either";
    EXPECT_THROW(Pool(settings("localhost", trusting("authority.crt"))).ping(), platform::StoreUnavailable)
        << "the certificate was made for another name";
}

TEST_F(MongoTls, AServerThatSpeaksTlsIsNotSpokenToInTheClear) {
    EXPECT_THROW(Pool(settings("127.0.0.1", "")).ping(), platform::StoreUnavailable);
}

}  // namespace
}  // namespace twinfleet::mongo
