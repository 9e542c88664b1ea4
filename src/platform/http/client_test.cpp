#include "platform/http/client.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <latch>
#include <optional>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/errors/store_error.hpp"
#include "platform/http/server.hpp"

namespace twinfleet::http {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

/// A peer that does as it is told, connection by connection, on plain sockets.
class RawServer {
public:
    using Script = std::function<void(int socket)>;

    explicit RawServer(std::vector<Script> scripts) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener_, 8) != 0 ||
            getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            throw std::runtime_error("cannot listen");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this, scripts = std::move(scripts)] {
            for (const auto& script : scripts) {
                const int socket = accept(listener_, nullptr, nullptr);
                if (socket < 0) {
                    return;
                }
                script(socket);
                ::close(socket);
            }
        });
    }
    ~RawServer() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Reads until the end of a header has come; what it read.
    static std::string receive(int socket) {
        std::string received;
        std::array<char, 4096> chunk{};
        while (received.find("\r\n\r\n") == std::string::npos) {
            const auto size = recv(socket, chunk.data(), chunk.size(), 0);
            if (size <= 0) {
                break;
            }
            received.append(chunk.data(), static_cast<std::size_t>(size));
        }
        return received;
    }
    static void send(int socket, std::string_view text) {
        (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    }
    static void wait_for_end(int socket) {
        char byte = 0;
        while (recv(socket, &byte, 1, 0) > 0) {
        }
    }
    static Script answer_with(std::string text) {
        return [text = std::move(text)](int socket) {
            receive(socket);
            send(socket, text);
        };
    }

private:
    int listener_;
    std::uint16_t port_ = 0;
    std::jthread thread_;
};

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
    const RawServer server({RawServer::answer_with(ok + "a1"), [&](int socket) {
                                closed.count_down();
                                RawServer::answer_with(ok + "a2")(socket);
                            }});
    const Client client(settings_for(server.port()));
    EXPECT_EQ(client.request("POST", "/").body, "a1");
    // Not until the first was closed does the second begin.
    const auto second = client.request("POST", "/");
    closed.wait();
    EXPECT_EQ(second.body, "a2");
}

TEST(HttpClient, TriesNothingTwice) {
    std::atomic<int> requests = 0;
    const RawServer::Script break_off = [&](int socket) { requests += RawServer::receive(socket).empty() ? 0 : 1; };
    const RawServer server({break_off, break_off});
    const Client client(settings_for(server.port()));
    EXPECT_EQ(failure(client), "peer cannot be reached: the connection broke off");
    EXPECT_EQ(requests, 1);
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
    const auto failure_with = [](RawServer::Script script) {
        const RawServer server({std::move(script)});
        auto settings = settings_for(server.port());
        settings.answer_bytes_max = 100;
        return failure(Client(settings));
    };
    EXPECT_THAT(failure_with(RawServer::answer_with("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n")),
                HasSubstr("body limit exceeded"));
    EXPECT_THAT(failure_with(RawServer::answer_with("HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'))),
                HasSubstr("body limit exceeded"));
    EXPECT_THAT(failure_with(RawServer::answer_with("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")),
                HasSubstr("partial message"));
    EXPECT_THAT(failure_with(RawServer::answer_with("SSH-2.0-OpenSSH\r\n\r\n")), HasSubstr("bad version"));
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

TEST(HttpClient, SaysWhenNobodyListens) {
    std::optional<Server> server(std::in_place, peer_on_loopback(), teapot_echo());
    const Client client(settings_for(server->port()));
    EXPECT_EQ(failure(client), "nothing");
    server.reset();
    EXPECT_EQ(failure(client), "peer cannot be reached: Connection refused");
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
    for (const auto* url : {"", "127.0.0.1:80", "https://host:80", "http://", "http://:80", "http://host:port",
                            "http://host:80/a?b", "http://host:80/a b"}) {
        auto settings = settings_for(1);
        settings.base_url = url;
        EXPECT_THROW(Client{settings}, std::invalid_argument) << url;
    }
    for (const auto* url : {"http://host", "http://[::1]:8080", "http://[::1]", "http://host:80/a/"}) {
        auto settings = settings_for(1);
        settings.base_url = url;
        EXPECT_NO_THROW(Client{settings}) << url;
    }
}

TEST(Percent, EncodesAllButUnreservedCharactersAndBack) {
    const std::string text = "aZ09-._~ /?%+\xc3\xa9";
    EXPECT_EQ(percent_encode(text), "aZ09-._~%20%2F%3F%25%2B%C3%A9");
    EXPECT_EQ(percent_decode(percent_encode(text)), text);
    EXPECT_EQ(percent_decode("%c3%A9+"), "\xc3\xa9+");
    for (const auto* wrong : {"%", "%a", "%zz", "a%2", "%00", "%ff", "%C3", "%ED%A0%80", "%C0%AF", "\xff"}) {
        EXPECT_EQ(percent_decode(wrong), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace twinfleet::http
