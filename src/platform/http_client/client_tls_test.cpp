// The client against peers that speak TLS, with certificates that are made here.
#include <filesystem>
#include <fstream>
#include <latch>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/http_client/client.hpp"
#include "platform/http_client/testing/tls_server.hpp"
#include "platform/tls/ca_file.hpp"

namespace twinfleet::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::Identity;
using ::testing::Not;
using testing::RawServer;
using ::testing::StartsWith;
using testing::TlsPeer;

class HttpClientTls : public ::testing::Test {
protected:
    HttpClientTls() {
        folder_ = std::filesystem::path(::testing::TempDir()) /
                  ("http_client_tls_" + std::to_string(::getpid()) + "_" +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
        authority_.write_certificate(file("authority.pem"));
        stranger_.write_certificate(file("stranger.pem"));
    }
    ~HttpClientTls() override { std::filesystem::remove_all(folder_); }
    HttpClientTls(const HttpClientTls&) = delete;
    HttpClientTls& operator=(const HttpClientTls&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }
    [[nodiscard]] ClientSettings settings_for(const RawServer& server, const std::string& ca_file = "authority.pem",
                                              const std::string& host = "127.0.0.1") const {
        ClientSettings settings;
        settings.base_url = "https://" + host + ":" + std::to_string(server.port());
        settings.bearer_token = "secret-token";
        settings.ca_file = ca_file.empty() ? "" : file(ca_file);
        settings.connect_timeout = 20s;
        settings.request_timeout = 30s;
        settings.peer_name = "peer";
        return settings;
    }
    /// What StoreUnavailable says, or `nothing`.
    static std::string failure(const ClientSettings& settings, const std::string& body = {}) {
        try {
            (void)Client(settings).request("POST", "/", body);
        } catch (const platform::StoreUnavailable& unavailable) {
            return unavailable.what();
        }
        return "nothing";
    }
    void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }

    const std::string ok_ = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na1";
    const Identity authority_{"Authority", nullptr};
    const Identity stranger_{"Stranger", nullptr};
    const Identity loopback_{"peer", &authority_, "IP:127.0.0.1"};

private:
    std::filesystem::path folder_;
};

TEST_F(HttpClientTls, SpeaksToAPeerWhoseAuthorityItTrusts) {
    const TlsPeer peer(loopback_);
    const RawServer server({peer.answer_with(ok_, 3)});
    const Client client(settings_for(server));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client.request("POST", "/", "{}").body, "a1") << "on one connection";
    }
}

TEST_F(HttpClientTls, RefusesAPeerOfAnotherAuthority) {
    const TlsPeer peer(loopback_);
    const RawServer server({peer.answer_with(ok_), peer.answer_with(ok_)});
    const std::string reason = failure(settings_for(server, "stranger.pem"));
    EXPECT_THAT(reason, StartsWith("peer cannot be reached: TLS: "));
    EXPECT_THAT(reason, HasSubstr("certificate"));
    EXPECT_THAT(failure(settings_for(server, "")), StartsWith("peer cannot be reached: TLS: "))
        << "the system does not trust it either";
}

TEST_F(HttpClientTls, BelievesTheFileOfAuthoritiesAsItIsNow) {
    const TlsPeer peer(loopback_);
    const Identity of_stranger("peer", &stranger_, "IP:127.0.0.1");
    const TlsPeer replaced(of_stranger);
    // Every request needs a new connection.
    const std::string ok_and_close = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\na1";
    const RawServer server(
        {peer.answer_with(ok_and_close), peer.answer_with(ok_and_close), replaced.answer_with(ok_and_close)});
    write("trusted.pem", "");
    std::filesystem::copy_file(file("authority.pem"), file("trusted.pem"),
                               std::filesystem::copy_options::overwrite_existing);
    const Client client(settings_for(server, "trusted.pem"));
    EXPECT_EQ(client.request("GET", "/").status, 200);

    std::filesystem::copy_file(file("stranger.pem"), file("trusted.pem"),
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_THROW((void)client.request("POST", "/"), platform::StoreUnavailable) << "no longer trusted";
    EXPECT_EQ(client.request("POST", "/").status, 200) << "trusted from now on";
}

TEST_F(HttpClientTls, RefusesACertificateOfAnotherHost) {
    const Identity elsewhere("peer", &authority_, "DNS:elsewhere.example,IP:127.0.0.2");
    const TlsPeer peer(elsewhere);
    const RawServer server({peer.answer_with(ok_)});
    const std::string reason = failure(settings_for(server));
    EXPECT_THAT(reason, StartsWith("peer cannot be reached: TLS: "));
    EXPECT_THAT(reason, HasSubstr("127.0.0.1"));
    EXPECT_THAT(reason, Not(HasSubstr("secret-token")));
}

TEST_F(HttpClientTls, RefusesAnOldVersion) {
    TlsPeer peer(loopback_);
    peer.limit_version(TLS1_1_VERSION);
    const RawServer server({peer.answer_with(ok_)});
    EXPECT_THAT(failure(settings_for(server)), StartsWith("peer cannot be reached: TLS: "));
}

TEST_F(HttpClientTls, RefusesAPeerThatSpeaksInTheClear) {
    const RawServer server({[&](int socket) {
        RawServer::send(socket, ok_);
        RawServer::wait_for_end(socket);
    }});
    EXPECT_THAT(failure(settings_for(server)), StartsWith("peer cannot be reached: TLS: "));
}

TEST_F(HttpClientTls, DoesNotWaitForEverForAHandshake) {
    const RawServer server({[](int socket) { RawServer::wait_for_end(socket); }});
    auto settings = settings_for(server);
    settings.connect_timeout = 50ms;
    EXPECT_EQ(failure(settings), "peer cannot be reached: no connection in time");
}

TEST_F(HttpClientTls, ReplacesAConnectionThatThePeerHasClosed) {
    const TlsPeer peer(loopback_);
    std::latch closed(1);
    const RawServer server({[&](int socket) {
                                peer.answer_with(ok_)(socket);
                                shutdown(socket, SHUT_RDWR);
                                closed.count_down();
                            },
                            peer.answer_with(ok_)});
    const Client client(settings_for(server));
    EXPECT_EQ(client.request("POST", "/").body, "a1");
    closed.wait();
    EXPECT_EQ(client.request("POST", "/").body, "a1");
}

TEST_F(HttpClientTls, SurvivesAPeerThatClosesWhileItSends) {
    const TlsPeer peer(loopback_);
    const RawServer server({peer.answer_with("")});
    std::string more_than_buffers_hold;
    more_than_buffers_hold.resize(30'000'000, 'x');
    EXPECT_THAT(failure(settings_for(server), more_than_buffers_hold), StartsWith("peer cannot be reached: "));
}

TEST_F(HttpClientTls, RefusesAFileOfAuthoritiesThatItCannotUse) {
    const auto problem_of = [&](const std::string& name) -> std::string {
        try {
            tls::check_ca_file(file(name));
        } catch (const std::invalid_argument& problem) {
            return problem.what();
        }
        return "nothing";
    };
    write("empty.pem", "");
    write("text.pem", "no certificate\n");
    write("broken.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    std::filesystem::create_directories(file("folder.pem"));
    EXPECT_THAT(problem_of("none.pem"), HasSubstr("cannot be opened"));
    EXPECT_THAT(problem_of("empty.pem"), HasSubstr("found none in it"));
    EXPECT_THAT(problem_of("text.pem"), HasSubstr("found none in it"));
    EXPECT_THAT(problem_of("broken.pem"), HasSubstr("cannot be read"));
    EXPECT_NE(problem_of("folder.pem"), "nothing");
    EXPECT_EQ(problem_of("authority.pem"), "nothing");

    std::ifstream good(file("authority.pem"));
    const std::string text{std::istreambuf_iterator<char>(good), {}};
    write("two.pem", text + "# and another one\n" + text);
    EXPECT_EQ(problem_of("two.pem"), "nothing");
    write("cut.pem", text + text.substr(0, text.size() / 2));
    EXPECT_NE(problem_of("cut.pem"), "nothing");

    ClientSettings settings;
    settings.base_url = "https://127.0.0.1";
    settings.ca_file = file("broken.pem");
    EXPECT_THROW(Client{settings}, std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::http
