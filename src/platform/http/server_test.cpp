#include "platform/http/server.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/concurrency/work_queue.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/http/testing/gate.hpp"
#include "platform/http/testing/raw_client.hpp"

namespace twinfleet::http {
namespace {

using namespace std::chrono_literals;
using http::testing::ask;
using http::testing::get;
using http::testing::RawClient;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ServerSettings server_on_loopback() {
    ServerSettings settings;
    settings.listen = {"127.0.0.1", 0};
    return settings;
}

Handlers at_once(std::function<Response(const Request&)> answer) {
    return {.handle = [answer = std::move(answer)](const Request& request, const Reply& reply) {
        reply.send(answer(request));
    }};
}

Handlers echo() {
    return at_once([](const Request& request) {
        return Response{.content_type = "text/plain",
                        .body = request.method + ' ' + request.path + '?' + request.query + ' ' +
                                std::string(request.header("x-word").value_or("-")) + ' ' + request.body};
    });
}

/// Requests that the test answers when it likes.
class Pending {
public:
    Handlers handlers() {
        return {.handle = [this](Request request, Reply reply) {
            const std::lock_guard lock(mutex_);
            waiting_.emplace_back(std::move(request), std::move(reply));
            came_.notify_all();
        }};
    }
    std::pair<Request, Reply> take() {
        std::unique_lock lock(mutex_);
        if (!came_.wait_for(lock, 30s, [this] { return !waiting_.empty(); })) {
            throw std::runtime_error("no request came");
        }
        auto first = std::move(waiting_.front());
        waiting_.pop_front();
        return first;
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<std::pair<Request, Reply>> waiting_;
};

TEST(HttpServer, HandsOverTheWholeRequest) {
    const Server server(server_on_loopback(), echo());
    const auto answer =
        ask(server.port(), "POST /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nX-Word: w\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nPOST /a/b?c=d&e w body"));
}

TEST(HttpServer, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
    const Server server(server_on_loopback(), echo());
    RawClient client(server.port());
    client.send(get("/1") + get("/2"));
    client.send(get("/3"));
    for (const auto* path : {"/1", "/2", "/3"}) {
        EXPECT_THAT(client.receive_answer(), EndsWith("GET " + std::string(path) + "? - "));
    }
}

TEST(HttpServer, ClosesWhenTheClientWantsIt) {
    const Server server(server_on_loopback(), echo());
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto answer = client.receive_all();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("GET /? - "));

    RawClient old(server.port());
    old.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(old.receive_all(), EndsWith("GET /? - "));
}

TEST(HttpServer, TellsTheAddressOfThePeerWithEveryRequestOfAConnection) {
    const auto tell = [](const Request& request) { return Response{.body = "from " + request.peer_address}; };
    const Server server(server_on_loopback(), at_once(tell));
    RawClient client(server.port());
    for (int i = 0; i < 2; ++i) {
        client.send(get("/"));
        EXPECT_THAT(client.receive_answer(), EndsWith("\r\n\r\nfrom 127.0.0.1"));
    }
}

TEST(HttpServer, AnswersHeadWithoutABody) {
    const Server server(server_on_loopback(), echo());
    RawClient client(server.port());
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto answer = client.receive_all();
    EXPECT_THAT(answer, HasSubstr("Content-Length: 10\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
    const Server server(server_on_loopback(), echo());
    for (const auto* request :
         {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n"}) {
        RawClient client(server.port());
        client.send(request);
        EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << request;
    }
}

TEST(HttpServer, BoundsHeaderAndBody) {
    auto settings = server_on_loopback();
    settings.header_bytes_max = 1'000;
    settings.body_bytes_max = 1'000;
    const Server server(settings, echo());
    {
        RawClient client(server.port());
        client.send("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(100'000, 'x') + "\r\n\r\n");
        EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 431 "));
    }
    {
        RawClient client(server.port());
        // All of it is sent before the answer is read: that must not lose the answer.
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n" + std::string(8'000'000, 'x'));
        EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 413 "));
    }
    EXPECT_THAT(
        ask(server.port(), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(1'000, 'x')),
        StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, HangsUpOnSlowClients) {
    auto settings = server_on_loopback();
    settings.request_timeout = 50ms;
    const Server server(settings, echo());
    RawClient silent(server.port());
    RawClient slow(server.port());
    slow.send("GET / HTTP/1.1\r\nHost: x\r\nX-Word: ");
    EXPECT_EQ(silent.receive_all(), "");
    EXPECT_EQ(slow.receive_all(), "");
}

TEST(HttpServer, LetsNoMoreInThanItsLimit) {
    auto settings = server_on_loopback();
    settings.connections_max = 1;
    settings.request_timeout = 30s;
    Pending pending;
    const Server server(settings, pending.handlers());
    RawClient inside(server.port());
    inside.send(get("/inside"));
    const auto [first, first_reply] = pending.take();
    RawClient outside(server.port());
    EXPECT_TRUE(outside.connected());
    outside.send(get("/outside"));
    EXPECT_EQ(server.connections(), 1U);
    first_reply.send({.body = "done"});
    EXPECT_THAT(inside.receive_answer(), EndsWith("done")) << "whose request is being answered is not hung up on";
    const auto [second, second_reply] = pending.take();
    EXPECT_EQ(second.path, "/outside");
    EXPECT_EQ(server.connections(), 1U);
    EXPECT_EQ(inside.receive_all(), "") << "who sends no further request gives his place away";
    second_reply.send({.body = "done, too"});
    EXPECT_THAT(outside.receive_answer(), EndsWith("done, too"));
}

TEST(HttpServer, ThoseThatSendNothingKeepNobodyOut) {
    auto settings = server_on_loopback();
    settings.connections_max = 8;
    settings.request_timeout = 30s;
    const Server server(settings, echo());
    std::deque<RawClient> idle;
    for (int i = 0; i < 100; ++i) {
        idle.emplace_back(server.port());
        if (i % 2 == 0) {
            idle.back().send("GET /half HTTP/1.1\r\n");
        }
    }
    for (int i = 0; i < 20; ++i) {
        EXPECT_THAT(ask(server.port(), get("/whole")), EndsWith("GET /whole? - "));
    }
    EXPECT_LE(server.connections(), 8U);
}

Handlers admitting(std::function<Admission(const Request&)> admit) {
    auto handlers = echo();
    handlers.admit = std::move(admit);
    return handlers;
}

TEST(HttpServer, RefusesByTheHeadWithoutWaitingForTheBody) {
    const Server server(server_on_loopback(), admitting([](const Request& head) {
                            EXPECT_EQ(head.body, "");
                            return Admission{.refusal = Response{.status = 403, .body = "no"}};
                        }));
    RawClient large(server.port());
    large.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    EXPECT_THAT(large.receive_all(), AllOf(StartsWith("HTTP/1.1 403 "), HasSubstr("Connection: close\r\n")));
    RawClient waiting(server.port());
    waiting.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    EXPECT_THAT(waiting.receive_all(), StartsWith("HTTP/1.1 403 "));
    RawClient small(server.port());
    for (int i = 0; i < 2; ++i) {
        small.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
        EXPECT_THAT(small.receive_answer(), StartsWith("HTTP/1.1 403 ")) << "on the same connection";
    }
    RawClient endless(server.port());
    endless.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
    for (int i = 0; i < 5; ++i) {
        endless.send(chunk);
    }
    EXPECT_THAT(endless.receive_all(), AllOf(StartsWith("HTTP/1.1 403 "), HasSubstr("Connection: close\r\n")));
}

TEST(HttpServer, HandsAnAdmittedRequestToItsHandler) {
    const Server server(server_on_loopback(), admitting([](const Request& head) {
                            return Admission{.body_bytes_max = 4,
                                             .handle = [path = head.path](const Request& request, const Reply& reply) {
                                                 reply.send({.body = "admitted " + path + ' ' + request.body});
                                             }};
                        }));
    EXPECT_THAT(ask(server.port(), "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"),
                EndsWith("admitted /a body"));
    EXPECT_THAT(ask(server.port(), "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"),
                StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, AnswersThoughAdmittingThrows) {
    std::promise<std::string> told;
    auto handlers = admitting([](const Request&) -> Admission { throw std::runtime_error("inner word"); });
    handlers.failed = [&](std::string_view what) { told.set_value(std::string(what)); };
    const Server server(server_on_loopback(), handlers);
    EXPECT_THAT(ask(server.port(), get("/")), AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("inner word"))));
    EXPECT_EQ(told.get_future().get(), "inner word");
}

TEST(HttpServer, HoldsNoMoreBytesOfBodiesThanItsBudget) {
    auto settings = server_on_loopback();
    settings.bodies_bytes_max = std::size_t{400} << 10;
    Pending pending;
    auto handlers = pending.handlers();
    handlers.admit = [](const Request& head) { return Admission{.has_right = head.header("X-Right").has_value()}; };
    const Server server(settings, handlers);
    const auto post = [](const std::string& fields) {
        return "POST / HTTP/1.1\r\nHost: x\r\n" + fields + "Content-Length: 150000\r\n\r\n" + std::string(150'000, 'x');
    };
    RawClient first(server.port());
    first.send(post(""));
    const auto [request, reply] = pending.take();
    EXPECT_THAT(ask(server.port(), post("")),
                AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n"), HasSubstr("overloaded")));
    RawClient with_right(server.port());
    with_right.send(post("X-Right: yes\r\n"));
    const auto [other_request, other_reply] = pending.take();
    other_reply.send({});
    reply.send({});
    EXPECT_THAT(first.receive_answer(), StartsWith("HTTP/1.1 200 "));
    // The budget is whole again.
    RawClient second(server.port());
    second.send(post(""));
    pending.take().second.send({});
    EXPECT_THAT(second.receive_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, AnswersOthersWhileARequestWaits) {
    Pending pending;
    auto handlers = pending.handlers();
    handlers.handle = [wait = std::move(handlers.handle)](Request request, const Reply& reply) {
        if (request.path == "/fast") {
            reply.send({.body = "fast"});
        } else {
            wait(std::move(request), reply);
        }
    };
    const Server server(server_on_loopback(), std::move(handlers));
    RawClient slow(server.port());
    slow.send(get("/slow"));
    const auto [request, reply] = pending.take();
    EXPECT_THAT(ask(server.port(), get("/fast")), EndsWith("fast"));
    reply.send({.body = "slow"});
    EXPECT_THAT(slow.receive_answer(), EndsWith("slow"));
}

TEST(HttpServer, TakesTheFirstAnswerAlone) {
    Pending pending;
    const Server server(server_on_loopback(), pending.handlers());
    RawClient client(server.port());
    for (const auto* word : {"one", "two"}) {
        client.send(get("/"));
        const auto [request, reply] = pending.take();
        const Reply copy = reply;
        copy.send({.body = word});
        reply.send({.body = "another"});
        EXPECT_THAT(client.receive_answer(), EndsWith(word));
    }
    EXPECT_FALSE(client.has_received());
}

TEST(HttpServer, AnswersWhatNobodyAnswers) {
    Pending pending;
    const Server server(server_on_loopback(), pending.handlers());
    RawClient client(server.port());
    client.send(get("/"));
    (void)pending.take();
    const auto answer = client.receive_answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(answer, EndsWith(R"({"code":"internal","message":"The request could not be answered."})"));
    client.send(get("/"));
    pending.take().second.send({});
    EXPECT_THAT(client.receive_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, SaysNothingAboutWhatAHandlerThrew) {
    std::atomic<int> told = 0;
    const Server server(server_on_loopback(), {.handle =
                                                   [](const Request& request, const Reply& reply) {
                                                       if (request.path == "/late") {
                                                           reply.send({.body = "answered"});
                                                       }
                                                       if (request.path == "/odd") {
                                                           throw 5;
                                                       }
                                                       throw std::runtime_error("inner secret");
                                                   },
                                               .failed = [&](std::string_view) { ++told; }});
    for (const auto* path : {"/", "/odd"}) {
        const auto answer = ask(server.port(), get(path));
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
        EXPECT_THAT(answer, EndsWith(R"({"code":"internal","message":"The request could not be answered."})"));
    }
    EXPECT_THAT(ask(server.port(), get("/late")), EndsWith("answered"));
    EXPECT_EQ(told, 3);
}

TEST(HttpServer, FinishesWhatIsUnderWayWhenItStops) {
    Pending pending;
    std::stop_source stop;
    const Server server(server_on_loopback(), pending.handlers(), stop.get_token());
    RawClient idle(server.port());
    RawClient busy(server.port());
    RawClient half(server.port());
    half.send("POST /half HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    EXPECT_EQ(half.receive_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
    busy.send(get("/"));
    const auto [request, reply] = pending.take();
    stop.request_stop();
    EXPECT_EQ(idle.receive_all(), "");
    reply.send({.body = "done"});
    const auto answer = busy.receive_all();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("done"));
    EXPECT_FALSE(RawClient(server.port()).connected());

    half.send("body");
    pending.take().second.send({.body = "whole"});
    EXPECT_THAT(half.receive_all(), EndsWith("whole"));
}

TEST(HttpServer, CutsOffWhatTakesTooLongAfterAStop) {
    auto settings = server_on_loopback();
    settings.drain_timeout = 20ms;
    settings.write_timeout = 60s;
    const std::size_t body_bytes = std::size_t{64} << 20;
    std::optional<Server> server(std::in_place, settings, at_once([&](const Request&) {
                                     return Response{.body = std::string(body_bytes, 'x')};
                                 }));
    RawClient client(server->port());
    client.send(get("/"));
    // So the answer is under way, and the client reads no further.
    client.receive_some();
    const auto begin = std::chrono::steady_clock::now();
    server.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
    EXPECT_LT(client.receive_all().size(), body_bytes);
}

TEST(HttpServer, EndsThoughAnAnswerIsStillToCome) {
    auto settings = server_on_loopback();
    settings.drain_timeout = 0ms;
    Pending pending;
    std::optional<Server> server(std::in_place, settings, pending.handlers());
    RawClient busy(server->port());
    busy.send(get("/"));
    const auto [request, reply] = pending.take();
    server.reset();
    EXPECT_EQ(busy.receive_all(), "");
    reply.send({.body = "too late"});
}

TEST(HttpServer, EndsQuicklyWhenNothingIsUnderWay) {
    const auto begin = std::chrono::steady_clock::now();
    {
        const Server server(server_on_loopback(), echo());
        RawClient client(server.port());
        client.send(get("/"));
        (void)client.receive_answer();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
    for (int i = 0; i < 20; ++i) {
        std::stop_source stop;
        stop.request_stop();
        const Server server(server_on_loopback(), echo(), stop.get_token());
    }
}

TEST(HttpServer, SaysWhichAddressCannotBeListenedOn) {
    const Server first(server_on_loopback(), echo());
    auto settings = server_on_loopback();
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
    auto settings = server_on_loopback();
    for (int i = 0; i < 3; ++i) {
        const Server server(settings, echo());
        settings.listen.port = server.port();
        // The server closes first, which leaves the connection in TIME_WAIT.
        RawClient client(server.port());
        client.send("GET / HTTP/1.0\r\n\r\n");
        EXPECT_THAT(client.receive_all(), EndsWith("GET /? - "));
    }
}

TEST(HttpServer, ListensOnLocalhostWhereEverybodyLooksForIt) {
    auto settings = server_on_loopback();
    settings.listen.host = "localhost";
    const Server server(settings, echo());
    EXPECT_TRUE(RawClient(server.port()).connected());
}

TEST(HttpServer, ServesManyAtATime) {
    platform::WorkQueue queue({.threads = 4, .waiting_max = 1'000});
    const Server server(server_on_loopback(), {.handle = [&queue](const Request& request, const Reply& reply) {
                            if (!queue.try_post([path = request.path, reply] { reply.send({.body = path}); })) {
                                reply.send({.status = 503});
                            }
                        }});
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                RawClient client(server.port());
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

TEST(HttpServer, EndsUnderLoadWithoutCuttingAnswersShort) {
    for (int round = 0; round < 10; ++round) {
        platform::WorkQueue queue({.threads = 2, .waiting_max = 1'000});
        std::optional<Server> server(
            std::in_place, server_on_loopback(), Handlers{.handle = [&queue](const Request&, const Reply& reply) {
                (void)queue.try_post([reply] { reply.send({.body = std::string(5'000, 'x')}); });
            }});
        std::atomic<int> whole = 0;
        std::atomic<int> cut_short = 0;
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, port = server->port()] {
                RawClient client(port);
                std::string answer;
                do {
                    client.send(get("/"));
                    answer = client.receive_answer();
                    if (!answer.empty()) {
                        ++(answer.ends_with("\r\n\r\n" + std::string(5'000, 'x')) ? whole : cut_short);
                    }
                } while (!answer.empty());
            });
        }
        while (whole < 100 && cut_short == 0) {
            std::this_thread::yield();
        }
        server.reset();
        threads.clear();
        EXPECT_EQ(cut_short, 0);
    }
}

TEST(HttpServer, CountsItsConnections) {
    const Server server(server_on_loopback(), echo());
    EXPECT_EQ(server.connections(), 0);
    std::optional<RawClient> client(server.port());
    client->send(get("/"));
    (void)client->receive_answer();
    EXPECT_EQ(server.connections(), 1);
    client.reset();
    while (server.connections() != 0) {
        std::this_thread::yield();
    }
}

// What follows is what no honest client sends, or seldom.

TEST(HttpServer, ReadsBodiesThatComeInChunks) {
    const Server server(server_on_loopback(), echo());
    RawClient client(server.port());
    const std::string request =
        "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nX-Word: trailer\r\n\r\n";
    for (std::size_t piece = 1; piece <= request.size(); piece += 20) {
        for (std::size_t at = 0; at < request.size(); at += piece) {
            client.send(std::string_view(request).substr(at, piece));
        }
        // A trailer is no header.
        EXPECT_THAT(client.receive_answer(), EndsWith("POST /c? - abc0123456789"));
    }
    client.send(request + get("/next"));
    (void)client.receive_answer();
    EXPECT_THAT(client.receive_answer(), EndsWith("GET /next? - "));
}

TEST(HttpServer, RefusesChunksThatAreTooLargeOrWrong) {
    auto settings = server_on_loopback();
    settings.body_bytes_max = 1'000;
    settings.header_bytes_max = 1'000;
    const Server server(settings, echo());
    const std::string header = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string half = "200\r\n" + std::string(0x200, 'x') + "\r\n";
    EXPECT_THAT(ask(server.port(), header + half + half), StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(ask(server.port(), header + "FFFFFFFFFFFFFFFF\r\n"), StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(ask(server.port(), header + "FFFFFFFFFFFFFFFFFF\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(server.port(), header + "-1\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(server.port(), header + "1\r\nabc\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(server.port(), header + "1;" + std::string(100'000, 'x')), StartsWith("HTTP/1.1 431 "));
    std::string trailer = "0\r\n";
    for (int i = 0; i < 10'000; ++i) {
        trailer += "X: y\r\n";
    }
    EXPECT_THAT(ask(server.port(), header + trailer + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServer, BoundsAHeaderOfManySmallFields) {
    auto settings = server_on_loopback();
    settings.header_bytes_max = 1'000;
    const Server server(settings, echo());
    std::string fields;
    for (int i = 0; i < 150; ++i) {
        fields += "X: y\r\n";
    }
    const std::string line = "GET / HTTP/1.1\r\nHost: x\r\n";
    EXPECT_THAT(ask(server.port(), line + fields + "\r\n"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(server.port(), line + fields + fields + "\r\n"), StartsWith("HTTP/1.1 431 "));
    RawClient dripping(server.port());
    dripping.send(line);
    for (int i = 0; i < 20; ++i) {
        dripping.send(fields);
    }
    EXPECT_THAT(dripping.receive_all(), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServer, TellsWhoWaitsForItToGoAhead) {
    auto settings = server_on_loopback();
    settings.body_bytes_max = 1'000;
    const Server server(settings, echo());
    RawClient client(server.port());
    for (int i = 0; i < 2; ++i) {
        client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n");
        EXPECT_EQ(client.receive_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("body");
        EXPECT_THAT(client.receive_answer(), EndsWith("POST /? - body"));
    }
    // Not to who does not wait.
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_THAT(client.receive_answer(), StartsWith("HTTP/1.1 200 "));
    client.send("GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_THAT(client.receive_answer(), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(
        ask(server.port(), "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n"),
        StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(ask(server.port(), "POST / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 4\r\n\r\n"),
                StartsWith("HTTP/1.1 417 "));
}

TEST(HttpServer, AnswersWhoHasEndedSending) {
    Pending pending;
    const Server server(server_on_loopback(), pending.handlers());
    RawClient client(server.port());
    client.send(get("/1") + get("/2"));
    client.end_sending();
    for (const auto* path : {"/1", "/2"}) {
        const auto [request, reply] = pending.take();
        EXPECT_EQ(request.path, path);
        reply.send({.body = request.path});
        EXPECT_THAT(client.receive_answer(), EndsWith(path));
    }
    EXPECT_EQ(client.receive_all(), "");

    RawClient half(server.port());
    half.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo");
    half.end_sending();
    EXPECT_EQ(half.receive_all(), "");
}

TEST(HttpServer, SurvivesClientsThatGoAway) {
    Pending pending;
    const Server server(server_on_loopback(), pending.handlers());
    for (int i = 0; i < 3; ++i) {
        {
            RawClient client(server.port());
            client.send(get("/"));
        }
        pending.take().second.send({.body = std::string(std::size_t{8} << 20, 'x')});
    }
    RawClient client(server.port());
    client.send(get("/"));
    pending.take().second.send({.body = "still here"});
    EXPECT_THAT(client.receive_answer(), EndsWith("still here"));
}

TEST(HttpServer, RefusesBodiesWhoseLengthIsAmbiguous) {
    const Server server(server_on_loopback(), echo());
    for (const auto* fields :
         {"Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4",
          "Content-Length: 4\r\nContent-Length: 5", "Content-Length: 4, 5", "Content-Length: +4", "Content-Length: -4",
          "Content-Length: 4 4", "Content-Length: 99999999999999999999999",
          "Content-Length:", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Content-Length : 4"}) {
        RawClient client(server.port());
        client.send("POST / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n\r\n0\r\n\r\n" + get("/smuggled"));
        const auto answer = client.receive_all();
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << fields;
        EXPECT_THAT(answer, Not(HasSubstr("smuggled"))) << fields;
    }
    for (const auto* request : {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
                                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
                                "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
        RawClient client(server.port());
        client.send(request + get("/smuggled"));
        const auto answer = client.receive_all();
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 501 ")) << request;
        EXPECT_THAT(answer, Not(HasSubstr("smuggled"))) << request;
    }
}

TEST(HttpServer, ReadsEveryKindOfTarget) {
    const Server server(server_on_loopback(), echo());
    const auto target = [&](std::string_view text, std::string_view method = "GET") {
        return ask(server.port(), get(text, method));
    };
    EXPECT_THAT(target("http://host:80/a/b?c=d"), EndsWith("GET /a/b?c=d - "));
    EXPECT_THAT(target("HTTP://host"), EndsWith("GET /? - "));
    EXPECT_THAT(target("http://host?c"), EndsWith("GET /?c - "));
    EXPECT_THAT(target("//a//b/../c"), EndsWith("GET //a//b/../c? - "));
    EXPECT_THAT(target("/?a?b"), EndsWith("GET /?a?b - "));
    EXPECT_THAT(target("*", "OPTIONS"), EndsWith("OPTIONS *? - "));
    EXPECT_THAT(target("/a", "BREW"), EndsWith("BREW /a? - "));
    for (const auto* wrong : {"*", "a", "host:80", "ftp://host/a"}) {
        EXPECT_THAT(target(wrong), StartsWith("HTTP/1.1 400 ")) << wrong;
    }
    EXPECT_THAT(target("host:80", "CONNECT"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(server.port(), "GET / x HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST(HttpServer, LetsNothingIntoTheHeaderThatWouldEndAField) {
    const Server server(server_on_loopback(), at_once([](const Request&) {
                            return Response{.content_type = "text/plain\r\nX-Type: 1",
                                            .body = "body",
                                            .headers = {{"X-One", "a\r\nX-Two: b\nX-Three: c"},
                                                        {"X-Nul", std::string("a\0b", 3)},
                                                        {"X Bad: x\r\nX-Four", "d"},
                                                        {"", "e"},
                                                        {"content-length", "999"},
                                                        {"Connection", "upgrade"},
                                                        {"Transfer-Encoding", "chunked"}}};
                        }));
    RawClient client(server.port());
    client.send(get("/"));
    const auto answer = client.receive_answer();
    EXPECT_THAT(answer, HasSubstr("\r\nX-One: a  X-Two: b X-Three: c\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nX-Nul: a b\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain  X-Type: 1\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 4\r\n"));
    for (const auto* never : {"X-Four", "\r\n: ", "999", "upgrade", "chunked", "\nX-Two"}) {
        EXPECT_THAT(answer, Not(HasSubstr(never)));
    }
    EXPECT_THAT(answer, EndsWith("\r\n\r\nbody"));
}

TEST(HttpServer, SendsNoBodyWhereTheStatusHasNone) {
    const Server server(server_on_loopback(), at_once([](const Request& request) {
                            return Response{.status = std::stoi(request.query), .body = "body"};
                        }));
    RawClient client(server.port());
    for (const auto* status : {"204", "304"}) {
        client.send(get(std::string("/?") + status) + get("/?200"));
        const auto answer = client.receive_answer();
        EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + status + ' '));
        EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
        EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
        EXPECT_THAT(client.receive_answer(), EndsWith("\r\n\r\nbody"));
    }
    for (const auto* status : {"0", "100", "101", "600", "-7"}) {
        client.send(get(std::string("/?") + status));
        EXPECT_THAT(client.receive_answer(), StartsWith("HTTP/1.1 500 ")) << status;
    }
}

TEST(HttpServer, HangsUpOnClientsThatDrip) {
    auto settings = server_on_loopback();
    settings.request_timeout = 200ms;
    const Server server(settings, echo());
    for (const std::string_view begin :
         {"GET / HTTP/1.1\r\nHost: x\r\nX-Word: ", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;"}) {
        RawClient client(server.port());
        client.send(begin);
        const std::jthread dripping([&client](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                client.send("x");
                std::this_thread::yield();
            }
        });
        // The answer to too large a header is fine, too: a byte at a time can be fast.
        EXPECT_THAT(client.receive_all(), AnyOf("", StartsWith("HTTP/1.1 431 "))) << begin;
    }
}

TEST(HttpServer, KeepsHttp10OpenWhenAsked) {
    const Server server(server_on_loopback(), echo());
    RawClient client(server.port());
    for (int i = 0; i < 2; ++i) {
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_THAT(client.receive_answer(), HasSubstr("Connection: keep-alive\r\n"));
    }
}

TEST(HttpServer, TellsTheDate) {
    const Server server(server_on_loopback(), echo());
    const auto answer = ask(server.port(), get("/"));
    EXPECT_THAT(answer, ::testing::ContainsRegex("\r\nDate: [A-Z][a-z][a-z], [0-3][0-9] [A-Z][a-z][a-z] 20[0-9][0-9] "
                                                 "[0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT\r\n"));
}

TEST(HttpServer, ShowsItsRefusalsBeforeTheyGoOut) {
    auto settings = server_on_loopback();
    settings.body_bytes_max = 10;
    auto handlers = echo();
    handlers.refused = [](const Request& request, Response& response) {
        response.headers.emplace_back("X-Word", request.header("X-Word").value_or("none"));
    };
    const Server server(settings, std::move(handlers));
    EXPECT_THAT(ask(server.port(), "POST / HTTP/1.1\r\nHost: x\r\nX-Word: w\r\nContent-Length: 11\r\n\r\n"),
                HasSubstr("X-Word: w\r\n"));
    EXPECT_THAT(ask(server.port(), "what?\r\n\r\n"), HasSubstr("X-Word: none\r\n"));
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

TEST(MonitorServer, ConnectionsThatSendNothingFailNoProbe) {
    const MonitorServer server({.listen = "127.0.0.1:0"},
                               {.ready = [] { return std::vector<Check>{}; }, .metrics = [] { return std::string(); }});
    std::deque<RawClient> idle;
    for (int i = 0; i < 200; ++i) {
        idle.emplace_back(server.port());
    }
    for (const auto* path : {"/ping", "/ready", "/metrics"}) {
        EXPECT_THAT(ask(server.port(), get(path)), StartsWith("HTTP/1.1 200 ")) << path;
    }
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
    http::testing::Gate gate;
    std::latch waiting(1);
    const MonitorServer server(monitor_settings(), {.ready =
                                                        [&] {
                                                            waiting.count_down();
                                                            gate.wait();
                                                            return std::vector<Check>();
                                                        },
                                                    .metrics = [] { return std::string(); }});
    RawClient ready(server.port());
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
