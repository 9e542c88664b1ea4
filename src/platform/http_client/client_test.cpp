#include "platform/http_client/client.hpp"

#include <atomic>
#include <cstdlib>
#include <latch>
#include <optional>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http/server.hpp"
#include "platform/http_client/testing/raw_server.hpp"

namespace twinfleet::http {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing::RawServer;

ClientSettings settings_for(std::uint16_t port) {
    ClientSettings settings;
    settings.base_url = "http://127.0.0.1:" + std::to_string(port);
    settings.peer_name = "peer";
    return settings;
}

ServerSettings peer_on_loopback() {
    ServerSettings settings;
    settings.listen = {"127.0.0.1", 0};
    return settings;
}

/// Answers with what came.
Handlers teapot_echo() {
    return {.handle = [](const Request& request, const Reply& reply) {
        std::string body = request.method + ' ' + request.path + '?' + request.query;
        for (const auto& [name, value] : request.headers) {
            body += '\n' + name + ": " + value;
        }
        reply.send({.status = 418, .body = body + "\n\n" + request.body, .headers = {{"X-Answer", "yes"}}});
    }};
}

/// What StoreUnavailable says, or `nothing`.
std::string failure(const Client& client, std::string_view method = "GET") {
    try {
        (void)client.request(method, "/");
    } catch (const platform::StoreUnavailable& unavailable) {
        return unavailable.what();
    }
    return "nothing";
}

TEST(HttpClient, SendsTheRequestAndReturnsAnyAnswer) {
    const Server server(peer_on_loopback(), teapot_echo());
    auto settings = settings_for(server.port());
    settings.bearer_token = "secret";
    settings.base_url += "/base/";
    const Client client(settings);
    const auto answer = client.request("POST", "/a/b?c=d", R"({"e":1})", {{"X-Request-Id", "r1"}});
    EXPECT_EQ(answer.status, 418);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_THAT(answer.headers, Contains(Pair("X-Answer", "yes")));
    EXPECT_THAT(answer.body, HasSubstr("POST /base/a/b?c=d\nHost: 127.0.0.1:"));
    EXPECT_THAT(answer.body, HasSubstr("\nAuthorization: Bearer secret\n"));
    EXPECT_THAT(answer.body, HasSubstr("\nContent-Type: application/json\n"));
    EXPECT_THAT(answer.body, HasSubstr("\nX-Request-Id: r1\n"));
    EXPECT_THAT(answer.body, HasSubstr("\n\n{\"e\":1}"));
    EXPECT_EQ(client.request("HEAD", "/").body, "");
    EXPECT_THAT(client.request("DELETE", "/x").body, HasSubstr("DELETE /base/x?"));
}

TEST(HttpClient, KeepsItsConnection) {
    const Server server(peer_on_loopback(), teapot_echo());
    const Client client(settings_for(server.port()));
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(client.request(i % 2 == 0 ? "GET" : "HEAD", "/").status, 418);
        EXPECT_EQ(server.connections(), 1);
    }
}

TEST(HttpClient, ServesManyThreadsWithFewConnections) {
    const Server server(peer_on_loopback(), teapot_echo());
    auto settings = settings_for(server.port());
    settings.connections_max = 2;
    const Client client(settings);
    std::atomic<int> good = 0;
    std::atomic<bool> kept_the_limit = true;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                for (int j = 0; j < 50; ++j) {
                    const auto target = "/" + std::to_string(i) + "/" + std::to_string(j);
                    good += client.request("GET", target).body.starts_with("GET " + target + "?") ? 1 : 0;
                    if (server.connections() > 2) {
                        kept_the_limit = false;
                    }
                }
            });
        }
    }
    EXPECT_EQ(good, 400);
    EXPECT_TRUE(kept_the_limit);
}

TEST(HttpClient, ReplacesAConnectionThatThePeerHasClosed) {
    std::latch closed(1);
    const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    const RawServer server({[&](int socket) {
                                RawServer::answer_with(ok + "a1")(socket);
                                shutdown(socket, SHUT_RDWR);
                                closed.count_down();
                            },
                            RawServer::answer_with(ok + "a2")});
    const Client client(settings_for(server.port()));
    EXPECT_EQ(client.request("POST", "/").body, "a1");
    closed.wait();
    EXPECT_EQ(client.request("POST", "/").body, "a2");
}

TEST(HttpClient, TriesNothingTwice) {
    std::atomic<int> requests = 0;
    const RawServer::Script break_off = [&](int socket) { requests += RawServer::receive(socket).empty() ? 0 : 1; };
    const RawServer server({break_off, break_off});
    const Client client(settings_for(server.port()));
    EXPECT_EQ(failure(client), "peer cannot be reached: the connection broke off");
    EXPECT_EQ(requests, 1);
}

/// Answers the first request and breaks off at the second.
RawServer::Script answer_once(std::atomic<int>& requests) {
    return [&requests](int socket) {
        requests += RawServer::receive(socket).empty() ? 0 : 1;
        RawServer::send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na1");
        requests += RawServer::receive(socket).empty() ? 0 : 1;
    };
}

TEST(HttpClient, RepeatsOnceWhatChangesNothingWhenAKeptConnectionBreaksOff) {
    for (const auto* method : {"GET", "HEAD"}) {
        std::atomic<int> requests = 0;
        const RawServer server({answer_once(requests), answer_once(requests)});
        const Client client(settings_for(server.port()));
        EXPECT_EQ(client.request("GET", "/").status, 200);
        EXPECT_EQ(client.request(method, "/").status, 200);
        EXPECT_EQ(requests, 3);
    }
    std::atomic<int> requests = 0;
    const RawServer::Script break_off = [&](int socket) { requests += RawServer::receive(socket).empty() ? 0 : 1; };
    const RawServer server({answer_once(requests), break_off, break_off});
    const Client client(settings_for(server.port()));
    EXPECT_EQ(client.request("GET", "/").status, 200);
    EXPECT_EQ(failure(client), "peer cannot be reached: the connection broke off");
    EXPECT_EQ(requests, 3);
}

TEST(HttpClient, RepeatsNothingThatMayChangeSomething) {
    for (const auto* method : {"POST", "PUT", "DELETE", "PATCH"}) {
        std::atomic<int> requests = 0;
        const RawServer server({answer_once(requests), answer_once(requests)});
        const Client client(settings_for(server.port()));
        EXPECT_EQ(client.request("GET", "/").status, 200);
        EXPECT_EQ(failure(client, method), "peer cannot be reached: the connection broke off") << method;
        EXPECT_EQ(requests, 2) << method;
    }
}

TEST(HttpClient, DoesNotReuseAConnectionWithSomethingLeftInIt) {
    const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    const RawServer server({[&](int socket) {
                                RawServer::answer_with(ok + "a1" + ok + "xx")(socket);
                                RawServer::wait_for_end(socket);
                            },
                            RawServer::answer_with(ok + "a2")});
    const Client client(settings_for(server.port()));
    EXPECT_EQ(client.request("GET", "/").body, "a1");
    EXPECT_EQ(client.request("GET", "/").body, "a2");
}

TEST(HttpClient, ReadsEveryKindOfAnswer) {
    const auto answer_to = [](std::string text, std::string_view method = "GET") {
        const RawServer server({RawServer::answer_with(std::move(text))});
        return Client(settings_for(server.port())).request(method, "/");
    };
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n").body,
              "abc");
    EXPECT_EQ(answer_to("HTTP/1.0 200 OK\r\n\r\nto the end").body, "to the end");
    EXPECT_EQ(answer_to("HTTP/1.1 204 No Content\r\n\r\n").status, 204);
    EXPECT_EQ(answer_to("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").body, "x");
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD").body, "");
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 0\r\n\r\n").content_type,
              "text/plain");
}

TEST(HttpClient, SaysWhatIsWrongWithThePeer) {
    std::string many_fields;
    for (int i = 0; i < 400; ++i) {
        many_fields += "X-" + std::to_string(i) + ": " + std::string(1'000, 'x') + "\r\n";
    }
    const auto failure_with = [](RawServer::Script script) {
        const RawServer server({std::move(script)});
        auto settings = settings_for(server.port());
        settings.answer_bytes_max = 100;
        return failure(Client(settings));
    };
    EXPECT_THAT(failure_with(RawServer::answer_with("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n")),
                HasSubstr("its answer has more than 100 bytes"));
    EXPECT_THAT(failure_with(RawServer::answer_with("HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'))),
                HasSubstr("its answer has more than 100 bytes"));
    EXPECT_THAT(failure_with(RawServer::answer_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
                                                    std::string(101, 'x') + "\r\n0\r\n\r\n")),
                HasSubstr("its answer has more than 100 bytes"));
    EXPECT_THAT(failure_with(RawServer::answer_with("HTTP/1.1 200 OK\r\n" + many_fields + "\r\n")),
                HasSubstr("the header of its answer is too large"));
    EXPECT_THAT(failure_with(RawServer::answer_with("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")),
                HasSubstr("the connection broke off in the middle of the answer"));
    EXPECT_THAT(failure_with(RawServer::answer_with("SSH-2.0-OpenSSH\r\n\r\n")),
                HasSubstr("its answer is no HTTP/1.1"));
}

TEST(HttpClient, DoesNotWaitForEver) {
    const auto wait_for_the_end = [](int socket) { RawServer::wait_for_end(socket); };
    const RawServer server({wait_for_the_end, [](int socket) {
                                // A peer that drips has no more time than one that is silent.
                                RawServer::receive(socket);
                                RawServer::send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n");
                                while (send(socket, "x", 1, MSG_NOSIGNAL) == 1) {
                                    std::this_thread::yield();
                                }
                            }});
    auto settings = settings_for(server.port());
    settings.request_timeout = 50ms;
    const Client client(settings);
    EXPECT_EQ(failure(client), "peer cannot be reached: no answer in time");
    settings.request_timeout = 200ms;
    EXPECT_EQ(failure(Client(settings)), "peer cannot be reached: no answer in time");
}

TEST(HttpClient, DoesNotWaitForEverForAConnection) {
    std::latch busy(1);
    const RawServer server({[&](int socket) {
        busy.count_down();
        RawServer::wait_for_end(socket);
    }});
    auto settings = settings_for(server.port());
    settings.connections_max = 1;
    settings.request_timeout = 300ms;
    const Client client(settings);
    const std::jthread first([&] { (void)failure(client); });
    busy.wait();
    EXPECT_THAT(failure(client), ::testing::StartsWith("peer cannot be reached: "));
}

TEST(HttpClient, WaitingForAConnectionTakesNothingFromThePeersTime) {
    const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    std::latch busy(1);
    std::latch others_waited(1);
    const RawServer server({[&](int socket) {
        RawServer::receive(socket);
        busy.count_down();
        others_waited.wait();
        RawServer::send(socket, ok);
        RawServer::receive(socket);
        EXPECT_TRUE(platform::wait_for({}, 1500ms));
        RawServer::send(socket, ok);
    }});
    auto settings = settings_for(server.port());
    settings.connections_max = 1;
    settings.request_timeout = 3s;
    const Client client(settings);
    const std::jthread first([&] { EXPECT_EQ(client.request("GET", "/").status, 200); });
    busy.wait();
    const std::jthread second([&] { EXPECT_EQ(client.request("POST", "/").status, 200); });
    // Together with what the peer takes then, more than the time of one request.
    EXPECT_TRUE(platform::wait_for({}, 2s));
    others_waited.count_down();
}

TEST(HttpClient, RefusesAtOnceWhenTooManyWait) {
    std::latch busy(1);
    const RawServer server({[&](int socket) {
        busy.count_down();
        RawServer::wait_for_end(socket);
    }});
    auto settings = settings_for(server.port());
    settings.connections_max = 1;
    settings.waiting_max = 0;
    settings.request_timeout = 1min;
    const Client client(settings);
    std::stop_source stop;
    const std::jthread first(
        [&] { EXPECT_THROW((void)client.request("GET", "/", {}, {}, stop.get_token()), RequestGivenUp); });
    busy.wait();
    EXPECT_EQ(failure(client), "peer cannot be reached: too many requests to it are under way");
    EXPECT_THROW((void)client.request("GET", "/"), RequestGivenUp);
    stop.request_stop();
}

TEST(HttpClient, EndsARequestWhenItIsToStop) {
    std::latch busy(1);
    const RawServer server({[&](int socket) {
        RawServer::receive(socket);
        busy.count_down();
        RawServer::wait_for_end(socket);
    }});
    auto settings = settings_for(server.port());
    settings.connections_max = 1;
    settings.request_timeout = 1min;
    const Client client(settings);
    std::stop_source stop;
    std::latch ended(2);
    const auto ask = [&] {
        EXPECT_THROW((void)client.request("GET", "/", {}, {}, stop.get_token()), RequestGivenUp);
        ended.count_down();
    };
    const std::jthread sent(ask);
    busy.wait();
    const std::jthread waits_for_a_connection(ask);
    const auto begin = std::chrono::steady_clock::now();
    stop.request_stop();
    ended.wait();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_THROW((void)client.request("GET", "/", {}, {}, stop.get_token()), RequestGivenUp) << "and begins none";
}

TEST(HttpClient, SendsTheTargetAsItIs) {
    const Server server(peer_on_loopback(), teapot_echo());
    const Client client(settings_for(server.port()));
    EXPECT_THAT(client.request("GET", "/a/../b/./%2F;c=d?e=/../f").body, HasSubstr("GET /a/../b/./%2F;c=d?e=/../f\n"));
    EXPECT_THAT(client.request("PURGE", "/").body, HasSubstr("PURGE /?"));
}

TEST(HttpClient, SendsAFieldOfTheCallerInsteadOfItsOwn) {
    const Server server(peer_on_loopback(), teapot_echo());
    auto settings = settings_for(server.port());
    settings.bearer_token = "secret";
    const Client client(settings);
    const auto body =
        client
            .request("POST", "/", "x", {{"authorization", "Basic y"}, {"Content-Type", "text/plain"}, {"X-Empty", ""}})
            .body;
    EXPECT_THAT(body, HasSubstr("\nauthorization: Basic y\n"));
    EXPECT_THAT(body, HasSubstr("\nContent-Type: text/plain\n"));
    EXPECT_THAT(body, HasSubstr("\nX-Empty: \n"));
    for (const auto* absent : {"secret", "application/json", "Expect", "Accept", "User-Agent"}) {
        EXPECT_THAT(body, ::testing::Not(HasSubstr(absent)));
    }
    EXPECT_THAT(client.request("POST", "/").body, HasSubstr("\nContent-Length: 0\n"));
}

TEST(HttpClient, FollowsNoRedirect) {
    const RawServer server(
        {RawServer::answer_with("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")});
    const auto answer = Client(settings_for(server.port())).request("GET", "/");
    EXPECT_EQ(answer.status, 302);
    EXPECT_THAT(answer.headers, Contains(Pair("Location", "http://127.0.0.1:1/")));
}

TEST(HttpClient, UsesNoProxyOfTheEnvironment) {
    for (const auto* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
        ASSERT_EQ(setenv(name, "http://127.0.0.1:1", 1), 0);
    }
    {
        const Server server(peer_on_loopback(), teapot_echo());
        EXPECT_EQ(Client(settings_for(server.port())).request("GET", "/").status, 418);
    }
    for (const auto* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
        unsetenv(name);
    }
}

TEST(HttpClient, SurvivesAPeerThatClosesWhileItSends) {
    const RawServer server({[](int socket) { RawServer::receive(socket); }});
    const Client client(settings_for(server.port()));
    std::string more_than_buffers_hold;
    more_than_buffers_hold.resize(30'000'000, 'x');
    EXPECT_THROW((void)client.request("POST", "/", more_than_buffers_hold), platform::StoreUnavailable);
}

TEST(HttpClient, SaysWhenNobodyListens) {
    std::optional<Server> server(std::in_place, peer_on_loopback(), teapot_echo());
    const Client client(settings_for(server->port()));
    EXPECT_EQ(failure(client), "nothing");
    server.reset();
    EXPECT_EQ(failure(client), "peer cannot be reached: Connection refused");
    auto settings = settings_for(80);
    settings.base_url = "http://host.invalid";
    EXPECT_EQ(failure(Client(settings)), "peer cannot be reached: the name of its host cannot be looked up");
}

TEST(HttpClient, ReturnsTheAnswerOfAPeerThatDoesNotReadAll) {
    auto server_settings = peer_on_loopback();
    server_settings.body_bytes_max = 1'000;
    const Server server(server_settings, teapot_echo());
    const Client client(settings_for(server.port()));
    EXPECT_EQ(client.request("POST", "/", std::string(3'000'000, 'x')).status, 413);
    EXPECT_EQ(client.request("POST", "/", "x").status, 418);
}

TEST(HttpClient, RefusesWhatCannotBeSent) {
    const Client client(settings_for(1));
    EXPECT_THROW((void)client.request("GET", "a"), std::invalid_argument);
    EXPECT_THROW((void)client.request("GET", "/a b"), std::invalid_argument);
    EXPECT_THROW((void)client.request("GET", "/\r\nX: y"), std::invalid_argument);
    EXPECT_THROW((void)client.request("GET", "/", "", {{"X", "a\r\nY: b"}}), std::invalid_argument);
    EXPECT_THROW((void)client.request("GET", "/", "", {{"X: y\r\nY", "b"}}), std::invalid_argument);
    EXPECT_THROW((void)client.request("GET", "/", "", {{"", "b"}}), std::invalid_argument);
    EXPECT_THROW((void)client.request("GET / HTTP/1.1\r\n", "/"), std::invalid_argument);
    EXPECT_THROW((void)client.request("", "/"), std::invalid_argument);
    auto with_token = settings_for(1);
    with_token.bearer_token = "secret\n";
    EXPECT_THROW(Client{with_token}, std::invalid_argument);
    for (const auto* url : {"", "127.0.0.1:80", "ftp://host:80", "http://", "http://:80", "http://host:port",
                            "http://host:80/a?b", "http://host:80/a b"}) {
        auto settings = settings_for(1);
        settings.base_url = url;
        EXPECT_THROW(Client{settings}, std::invalid_argument) << url;
    }
    for (const auto* url :
         {"http://host", "http://[::1]:8080", "http://[::1]", "http://host:80/a/", "https://host:80"}) {
        auto settings = settings_for(1);
        settings.base_url = url;
        EXPECT_NO_THROW(Client{settings}) << url;
    }
}

TEST(HttpClientSettings, TellWhenWhatIsSentTravelsInPlain) {
    const auto is_plain = [](const std::string& url) { return is_sent_in_plain({.base_url = url}); };
    EXPECT_TRUE(is_plain("http://service:8080"));
    EXPECT_TRUE(is_plain("http://10.0.0.1/path"));
    EXPECT_TRUE(is_plain("http://[fe80::1]:80"));
    EXPECT_FALSE(is_plain("https://service:8080"));
    EXPECT_FALSE(is_plain("http://127.0.0.1:8080"));
    EXPECT_FALSE(is_plain("http://[::1]:8080"));
    EXPECT_FALSE(is_plain("http://localhost"));
    EXPECT_FALSE(is_plain(""));
}

}  // namespace
}  // namespace twinfleet::http
