#include "platform/http/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "platform/http/monitor_server.hpp"

namespace twinfleet::http {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A connection that sends and receives plain bytes, so that a test can misbehave.
class Client {
public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }
    void send(std::string_view text) const {
        while (!text.empty()) {
            const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// All until the server hangs up; throws when it does not.
    std::string receive_all() {
        while (receive()) {
        }
        return std::exchange(received_, {});
    }
    /// One answer that tells its length.
    std::string receive_answer() {
        while (true) {
            const auto header_end = received_.find("\r\n\r\n");
            if (header_end != std::string::npos) {
                const std::string_view name = "Content-Length: ";
                const auto length = received_.find(name);
                const auto size = header_end + 4 + std::stoul(received_.substr(length + name.size()));
                if (received_.size() >= size) {
                    auto answer = received_.substr(0, size);
                    received_.erase(0, size);
                    return answer;
                }
            }
            if (!receive()) {
                return std::exchange(received_, {});
            }
        }
    }

    void receive_some() { receive(); }
    [[nodiscard]] bool has_received() const {
        char byte = 0;
        return recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
    }

private:
    bool receive() {
        std::array<char, 4096> chunk{};
        const auto size = recv(socket_, chunk.data(), chunk.size(), 0);
        if (size < 0 && errno == EAGAIN) {
            throw std::runtime_error("the server neither answers nor hangs up");
        }
        if (size > 0) {
            received_.append(chunk.data(), static_cast<std::size_t>(size));
        }
        return size > 0;
    }

    int socket_;
    bool connected_ = false;
    std::string received_;
};

std::string get(std::string_view path, std::string_view method = "GET") {
    return std::string(method) + ' ' + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n";
}

std::string ask(std::uint16_t port, const std::string& request) {
    Client client(port);
    client.send(request);
    return client.receive_answer();
}

/// What handlers wait at until the test lets them pass.
class Gate {
public:
    void open() {
        if (!opened_.exchange(true)) {
            promise_.set_value();
        }
    }
    /// Not for ever, so that a test that fails also ends.
    void wait() const { (void)future_.wait_for(30s); }

private:
    std::promise<void> promise_;
    std::shared_future<void> future_ = promise_.get_future().share();
    std::atomic<bool> opened_ = false;
};

ServerSettings loopback() {
    ServerSettings settings;
    settings.listen = {"127.0.0.1", 0};
    return settings;
}

Handlers echo() {
    return {.at_once = [](const Request& request) -> std::optional<Response> {
                return Response{.content_type = "text/plain",
                                .body = request.method + ' ' + request.path + '?' + request.query + ' ' +
                                        std::string(request.header("x-word").value_or("-")) + ' ' + request.body};
            },
            .blocking = nullptr};
}

Handlers blocking(std::function<Response(const Request&)> handler) {
    return {.at_once = [](const Request&) { return std::nullopt; }, .blocking = std::move(handler)};
}

TEST(HttpServer, HandsOverTheWholeRequest) {
    const Server server(loopback(), echo());
    const auto answer =
        ask(server.port(), "POST /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nX-Word: w\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nPOST /a/b?c=d&e w body"));
}

TEST(HttpServer, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
    const Server server(loopback(), echo());
    Client client(server.port());
    client.send(get("/1") + get("/2"));
    client.send(get("/3"));
    for (const auto* path : {"/1", "/2", "/3"}) {
        EXPECT_THAT(client.receive_answer(), EndsWith("GET " + std::string(path) + "? - "));
    }
}

TEST(HttpServer, ClosesWhenTheClientWantsIt) {
    const Server server(loopback(), echo());
    Client client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto answer = client.receive_all();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("GET /? - "));

    Client old(server.port());
    old.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(old.receive_all(), EndsWith("GET /? - "));
}

TEST(HttpServer, AnswersHeadWithoutABody) {
    const Server server(loopback(), echo());
    Client client(server.port());
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto answer = client.receive_all();
    EXPECT_THAT(answer, HasSubstr("Content-Length: 10\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
    const Server server(loopback(), echo());
    for (const auto* request : {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
                                "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
        Client client(server.port());
        client.send(request);
        EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << request;
    }
}

TEST(HttpServer, BoundsHeaderAndBody) {
    auto settings = loopback();
    settings.header_bytes_max = 1'000;
    settings.body_bytes_max = 1'000;
    const Server server(settings, echo());
    {
        Client client(server.port());
        client.send("GET / HTTP/1.1\r\nX-Long: " + std::string(100'000, 'x') + "\r\n\r\n");
        EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 431 "));
    }
    {
        Client client(server.port());
        // All of it is sent before the answer is read: that must not lose the answer.
        client.send("POST / HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n" + std::string(8'000'000, 'x'));
        EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 413 "));
    }
    EXPECT_THAT(ask(server.port(), "POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + std::string(1'000, 'x')),
                StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, HangsUpOnSlowClients) {
    auto settings = loopback();
    settings.request_timeout = 50ms;
    const Server server(settings, echo());
    Client silent(server.port());
    Client slow(server.port());
    slow.send("GET / HTTP/1.1\r\nX-Word: ");
    EXPECT_EQ(silent.receive_all(), "");
    EXPECT_EQ(slow.receive_all(), "");
}

TEST(HttpServer, LetsNoMoreInThanItsLimit) {
    auto settings = loopback();
    settings.connections_max = 1;
    settings.request_timeout = 30s;
    const Server server(settings, echo());
    std::optional<Client> inside(server.port());
    inside->send(get("/"));
    (void)inside->receive_answer();
    Client outside(server.port());
    EXPECT_TRUE(outside.connected());
    outside.send(get("/outside"));
    for (int i = 0; i < 50; ++i) {
        inside->send(get("/"));
        (void)inside->receive_answer();
    }
    EXPECT_FALSE(outside.has_received());
    inside.reset();
    EXPECT_THAT(outside.receive_answer(), EndsWith("GET /outside? - "));
}

TEST(HttpServer, AnswersAtOnceWhileBlockingHandlersWait) {
    Gate gate;
    std::latch waiting(1);
    Handlers handlers{.at_once = [](const Request& request) -> std::optional<Response> {
                          return request.path == "/fast" ? std::optional(Response{.body = "fast"}) : std::nullopt;
                      },
                      .blocking =
                          [&](const Request&) {
                              waiting.count_down();
                              gate.wait();
                              return Response{.body = "slow"};
                          }};
    const Server server(loopback(), std::move(handlers));
    Client slow(server.port());
    slow.send(get("/slow"));
    waiting.wait();
    EXPECT_THAT(ask(server.port(), get("/fast")), EndsWith("fast"));
    gate.open();
    EXPECT_THAT(slow.receive_answer(), EndsWith("slow"));
}

TEST(HttpServer, RefusesWhenTheQueueIsFull) {
    auto settings = loopback();
    settings.blocking_queue_max = 0;
    Gate gate;
    std::latch waiting(1);
    const Server server(settings, blocking([&](const Request& request) {
                            if (request.path == "/first") {
                                waiting.count_down();
                                gate.wait();
                            }
                            return Response{};
                        }));
    Client running(server.port());
    running.send(get("/first"));
    waiting.wait();
    const auto refusal = ask(server.port(), get("/second"));
    EXPECT_THAT(refusal, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(refusal, HasSubstr("Retry-After: 1\r\n"));
    gate.open();
    EXPECT_THAT(running.receive_answer(), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(server.port(), get("/second")), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, SaysNothingAboutWhatAHandlerThrew) {
    std::atomic<int> told = 0;
    const Server server(loopback(), {.at_once = [](const Request& request) -> std::optional<Response> {
                                         if (request.path == "/at_once") {
                                             throw std::runtime_error("inner secret");
                                         }
                                         return std::nullopt;
                                     },
                                     .blocking = [](const Request&) -> Response { throw 5; },
                                     .failed = [&](std::string_view) { ++told; }});
    for (const auto* path : {"/at_once", "/blocking"}) {
        const auto answer = ask(server.port(), get(path));
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
        EXPECT_THAT(answer, EndsWith(R"({"code":"internal","message":"The request could not be answered."})"));
    }
    EXPECT_EQ(told, 2);
}

TEST(HttpServer, FinishesWhatIsUnderWayWhenItStops) {
    Gate gate;
    std::latch waiting(1);
    std::stop_source stop;
    const Server server(loopback(), blocking([&](const Request&) {
                            waiting.count_down();
                            gate.wait();
                            return Response{.body = "done"};
                        }),
                        stop.get_token());
    Client idle(server.port());
    Client busy(server.port());
    busy.send(get("/"));
    waiting.wait();
    stop.request_stop();
    EXPECT_EQ(idle.receive_all(), "");
    gate.open();
    const auto answer = busy.receive_all();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("done"));
    EXPECT_FALSE(Client(server.port()).connected());
}

TEST(HttpServer, CutsOffWhatTakesTooLongAfterAStop) {
    auto settings = loopback();
    settings.drain_timeout = 20ms;
    settings.write_timeout = 60s;
    const std::size_t body_bytes = std::size_t{64} << 20;
    std::optional<Server> server(
        std::in_place, settings,
        Handlers{.at_once = [&](const Request&) { return Response{.body = std::string(body_bytes, 'x')}; },
                 .blocking = nullptr});
    Client client(server->port());
    client.send(get("/"));
    // So the answer is under way, and the client reads no further.
    client.receive_some();
    const auto begin = std::chrono::steady_clock::now();
    server.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
    EXPECT_LT(client.receive_all().size(), body_bytes);
}

TEST(HttpServer, OutlastsAHandlerThatOutlastsTheDrain) {
    auto settings = loopback();
    settings.drain_timeout = 0ms;
    Gate gate;
    std::latch waiting(1);
    std::optional<Server> server(std::in_place, settings, blocking([&](const Request&) {
                                     waiting.count_down();
                                     gate.wait();
                                     return Response{};
                                 }));
    Client idle(server->port());
    Client busy(server->port());
    busy.send(get("/"));
    waiting.wait();
    const std::jthread ending([&] { server.reset(); });
    EXPECT_EQ(idle.receive_all(), "");
    gate.open();
    EXPECT_THAT(busy.receive_all(), AnyOf("", StartsWith("HTTP/1.1 200 ")));
}

TEST(HttpServer, EndsQuicklyWhenNothingIsUnderWay) {
    const auto begin = std::chrono::steady_clock::now();
    {
        const Server server(loopback(), echo());
        Client client(server.port());
        client.send(get("/"));
        (void)client.receive_answer();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
    for (int i = 0; i < 20; ++i) {
        std::stop_source stop;
        stop.request_stop();
        const Server server(loopback(), echo(), stop.get_token());
    }
}

TEST(HttpServer, SaysWhichAddressCannotBeListenedOn) {
    const Server first(loopback(), echo());
    auto settings = loopback();
    settings.listen.port = first.port();
    const auto error = [](const ServerSettings& wrong) -> std::string {
        try {
            const Server server(wrong, echo());
        } catch (const std::runtime_error& refused) {
            return refused.what();
        }
        return "";
    };
    EXPECT_EQ(error(settings),
              "cannot listen on 127.0.0.1:" + std::to_string(first.port()) + ": Address already in use");
    settings.listen = {"192.0.2.1", 1};
    EXPECT_THAT(error(settings), StartsWith("cannot listen on 192.0.2.1:1: "));
}

TEST(HttpServer, CanListenAgainAtOnceWhereItsPredecessorDid) {
    auto settings = loopback();
    for (int i = 0; i < 3; ++i) {
        const Server server(settings, echo());
        settings.listen.port = server.port();
        // The server closes first, which leaves the connection in TIME_WAIT.
        Client client(server.port());
        client.send("GET / HTTP/1.0\r\n\r\n");
        EXPECT_THAT(client.receive_all(), EndsWith("GET /? - "));
    }
}

TEST(HttpServer, ListensOnLocalhostWhereEverybodyLooksForIt) {
    auto settings = loopback();
    settings.listen.host = "localhost";
    const Server server(settings, echo());
    EXPECT_TRUE(Client(server.port()).connected());
}

TEST(HttpServer, ServesManyAtATime) {
    auto settings = loopback();
    settings.blocking_threads = 4;
    settings.blocking_queue_max = 1'000;
    const Server server(settings, blocking([](const Request& request) { return Response{.body = request.path}; }));
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                Client client(server.port());
                for (int j = 0; j < 50; ++j) {
                    const auto path = "/" + std::to_string(i) + "/" + std::to_string(j);
                    client.send(get(path));
                    good += client.receive_answer().ends_with("\r\n\r\n" + path) ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(good, 400);
}

MonitorSettings monitor_settings() {
    return {.listen = "127.0.0.1:0"};
}

TEST(MonitorServer, AnswersProbesAndMetrics) {
    std::atomic<bool> mongo = true;
    const MonitorServer server(
        monitor_settings(),
        {.ready = [&]() -> std::vector<Check> {
             return {{"mongo", mongo, mongo ? "" : "cannot \"be\" reached"}, {"postgres", true, ""}};
         },
         .metrics = [] { return std::string("fleet_sync_stalled 0\n"); }});
    const auto ping = ask(server.port(), get("/ping"));
    EXPECT_THAT(ping, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(ping, EndsWith("\r\n\r\npong"));
    const auto metrics = ask(server.port(), get("/metrics"));
    EXPECT_THAT(metrics, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    EXPECT_THAT(metrics, EndsWith("\r\n\r\nfleet_sync_stalled 0\n"));
    const auto ready = ask(server.port(), get("/ready?verbose"));
    EXPECT_THAT(ready, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(ready, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(ready, EndsWith(R"({"ready":true,"checks":[{"name":"mongo","ok":true,"detail":""},)"
                                R"({"name":"postgres","ok":true,"detail":""}]})"));
    mongo = false;
    const auto unready = ask(server.port(), get("/ready"));
    EXPECT_THAT(unready, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(unready,
                EndsWith(R"({"ready":false,"checks":[{"name":"mongo","ok":false,"detail":"cannot \"be\" reached"},)"
                         R"({"name":"postgres","ok":true,"detail":""}]})"));
}

TEST(MonitorServer, RefusesOtherPathsAndMethods) {
    const MonitorServer server(monitor_settings(),
                               {.ready = [] { return std::vector<Check>(); }, .metrics = [] { return std::string(); }});
    for (const auto* path : {"/", "/ping/", "/PING", "/v1/jobs"}) {
        EXPECT_THAT(ask(server.port(), get(path)), StartsWith("HTTP/1.1 404 ")) << path;
    }
    for (const auto* method : {"PUT", "DELETE", "OPTIONS"}) {
        const auto answer = ask(server.port(), get("/ready", method));
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
        EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n"));
    }
    EXPECT_THAT(ask(server.port(), get("/ready")), EndsWith(R"({"ready":true,"checks":[]})"));
}

TEST(MonitorServer, SurvivesCallbacksThatThrow) {
    std::atomic<int> told = 0;
    const MonitorServer server(monitor_settings(),
                               {.ready = []() -> std::vector<Check> { throw std::runtime_error("secret"); },
                                .metrics = []() -> std::string { throw std::runtime_error("secret"); },
                                .failed = [&](std::string_view) { ++told; }});
    const auto ready = ask(server.port(), get("/ready"));
    EXPECT_THAT(ready, StartsWith("HTTP/1.1 503 "));
    const auto metrics = ask(server.port(), get("/metrics"));
    EXPECT_THAT(metrics, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(ready + metrics, Not(HasSubstr("secret")));
    EXPECT_EQ(told, 2);
    EXPECT_THAT(ask(server.port(), get("/ping")), EndsWith("pong"));
}

TEST(MonitorServer, PingsWhileACallbackBlocks) {
    Gate gate;
    std::latch waiting(1);
    const MonitorServer server(monitor_settings(), {.ready =
                                                        [&] {
                                                            waiting.count_down();
                                                            gate.wait();
                                                            return std::vector<Check>();
                                                        },
                                                    .metrics = [] { return std::string(); }});
    Client ready(server.port());
    ready.send(get("/ready"));
    waiting.wait();
    EXPECT_THAT(ask(server.port(), get("/ping")), EndsWith("pong"));
    gate.open();
    EXPECT_THAT(ready.receive_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST(MonitorServer, RefusesAnAddressThatCannotBeRead) {
    EXPECT_THROW(MonitorServer({.listen = "9090"}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::http
