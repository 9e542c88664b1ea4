#include "platform/api/api_server.hpp"

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/api/answering.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/api/testing/token_digest.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http/testing/gate.hpp"
#include "platform/http/testing/raw_client.hpp"
#include "platform/json/bad_input.hpp"
#include "platform/json/object_reader.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::api {
namespace {

using http::Reply;
using http::Response;
using namespace std::chrono_literals;
using http::testing::ask;
using http::testing::get;
using http::testing::RawClient;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

ApiSettings loopback() {
    ApiSettings settings;
    settings.server.listen = {"127.0.0.1", 0};
    return settings;
}

/// Says which route answered what.
BlockingHandler show(std::string name) {
    return [name = std::move(name)](const Call& call) {
        std::string body = name;
        for (const auto& [argument, value] : call.path_arguments) {
            body += ' ' + argument + '=' + value;
        }
        return Response{.content_type = "text/plain",
                        .body = body + (call.caller.empty() ? "" : " for " + call.caller)};
    };
}

Route open_route(std::string method, std::string pattern, std::variant<BlockingHandler, AsynchronousHandler> handler) {
    return {.method = std::move(method),
            .pattern = std::move(pattern),
            .handler = std::move(handler),
            .access = Route::Access::open};
}

std::string request(std::string_view method, std::string_view path, std::string_view fields,
                    std::string_view body = {}) {
    return std::string(method) + ' ' + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class ApiServerTest : public ::testing::Test {
protected:
    ApiServer& start(std::vector<Route> routes, const ApiSettings& settings = loopback(),
                     TokenSource tokens = nullptr) {
        server_.emplace(settings, std::move(routes), "openapi: 3.1.0\n", std::move(tokens), registry_, log_);
        return *server_;
    }
    [[nodiscard]] std::string ask(std::string_view path, std::string_view method = "GET") const {
        return http::testing::ask(server_->port(), get(path, method));
    }
    [[nodiscard]] std::string ask_with(const std::string& text) const {
        return http::testing::ask(server_->port(), text);
    }

    metrics::Registry registry_;
    log::CapturingLogger log_;
    std::optional<ApiServer> server_;
};

TEST_F(ApiServerTest, FindsTheRouteOfAPath) {
    start({open_route("GET", "/v1/links/{entity}/{id}", show("link")),
           open_route("POST", "/v1/links/{entity}", show("links")),
           open_route("GET", "/v1/links/{entity}", show("list")), open_route("GET", "/v1/links/cars/own", show("own")),
           open_route("GET", "/v1/{kind}/cars/{id}", show("other")), open_route("GET", "/", show("root"))});
    EXPECT_THAT(ask("/v1/links/cars/7"), EndsWith("\r\n\r\nlink entity=cars id=7"));
    EXPECT_THAT(ask("/v1/links/cars/7?x=y"), EndsWith("\r\n\r\nlink entity=cars id=7"));
    EXPECT_THAT(ask("/v1/links/cars/own"), EndsWith("\r\n\r\nown"));
    EXPECT_THAT(ask("/v1/marks/cars/own"), EndsWith("\r\n\r\nother kind=marks id=own"));
    EXPECT_THAT(ask("/v1/links/cars", "POST"), EndsWith("\r\n\r\nlinks entity=cars"));
    EXPECT_THAT(ask("/v1/links/cars"), EndsWith("\r\n\r\nlist entity=cars"));
    EXPECT_THAT(ask("/v1/links/%D0%B0%2Fb/c+d"), EndsWith("\r\n\r\nlink entity=\xd0\xb0/b id=c+d"));
    EXPECT_THAT(ask("/"), EndsWith("\r\n\r\nroot"));
    for (const auto* path : {"/v1", "/v1/links", "/v1/links/", "/v1/links//7", "/v1/links/cars/7/",
                             "/v1/links/cars/7/8", "//v1/links/cars", "/v2/links/cars", "/V1/links/cars",
                             // A proxy that lets paths through by their beginning would not know these.
                             "/v1/l%69nks/cars", "/%76%31/links/cars/7", "/v1/./links/cars/7",
                             "/v1/none/../links/cars/7", "/v1/links;a=b/cars", "/v1%2Flinks/cars/7"}) {
        const auto answer = ask(path);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 ")) << path;
        EXPECT_THAT(answer, HasSubstr(R"({"code":"not_found",)"));
    }
    EXPECT_THAT(ask("*", "OPTIONS"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ApiServerTest, RefusesAPathThatIsNoText) {
    start({open_route("GET", "/a/{b}", show("a"))});
    for (const auto* path : {"/a/%ff", "/a/%00", "/a/x%00y", "/a/%", "/a/%zz", "/a/%ED%A0%80", "/%C0%AF", "/a/\xff"}) {
        EXPECT_THAT(ask(path), StartsWith("HTTP/1.1 400 ")) << path;
    }
}

TEST_F(ApiServerTest, SaysWhichMethodsAPathTakes) {
    start({open_route("GET", "/a", show("get")), open_route("PUT", "/a", show("put")),
           open_route("POST", "/b", show("b"))});
    for (const auto* method : {"POST", "DELETE", "OPTIONS", "BREW", "get"}) {
        const auto answer = ask("/a", method);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
        EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD, PUT\r\n"));
        EXPECT_THAT(answer, HasSubstr(R"("code":"method_not_allowed")"));
    }
    EXPECT_THAT(ask("/b", "GET"), HasSubstr("\r\nAllow: POST\r\n"));
    RawClient client(server_->port());
    client.send(get("/b", "HEAD"));
    client.end_sending();
    EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 405 "));
}

TEST_F(ApiServerTest, AnswersHeadAsGetWithoutABody) {
    start({open_route("GET", "/a", show("four"))});
    RawClient client(server_->port());
    client.send(get("/a", "HEAD"));
    client.end_sending();
    const auto answer = client.receive_all();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 4\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(ApiServerTest, ServesItsDescription) {
    start({});
    const auto answer = ask("/openapi.yaml");
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/yaml\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nopenapi: 3.1.0\n"));
}

TEST_F(ApiServerTest, LetsInWhoShowsAToken) {
    auto tokens = std::make_shared<const ServiceTokens>(std::vector<ServiceTokens::Entry>{
        {.name = "all", .sha256 = api::testing::sha256_of_one, .endpoints = {"*"}},
        {.name = "some", .sha256 = api::testing::sha256_of_two, .endpoints = {"GET /v1/cars/*"}}});
    start({{.method = "GET", .pattern = "/v1/cars/{id}", .handler = show("car")},
           {.method = "GET", .pattern = "/v1/parks/{id}", .handler = show("park")},
           open_route("GET", "/open", show("open"))},
          loopback(), [tokens] { return tokens; });
    const auto ask_as = [&](std::string_view token, std::string_view path, std::string_view method = "GET") {
        return ask_with(request(method, path, "Authorization: Bearer " + std::string(token) + "\r\n"));
    };
    EXPECT_THAT(ask_as("one", "/v1/parks/1"), EndsWith("park id=1 for all"));
    EXPECT_THAT(ask_as("two", "/v1/cars/1"), EndsWith("car id=1 for some"));
    EXPECT_THAT(ask("/open"), EndsWith("\r\n\r\nopen"));
    EXPECT_THAT(ask_as("one", "/open"), EndsWith("\r\n\r\nopen"));
    const auto forbidden = ask_as("two", "/v1/parks/1");
    EXPECT_THAT(forbidden, StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(forbidden, HasSubstr(R"("code":"forbidden")"));
    for (const auto& answer : {ask("/v1/parks/1"), ask_as("three", "/v1/parks/1")}) {
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 "));
        EXPECT_THAT(answer, HasSubstr("\r\nWWW-Authenticate: Bearer\r\n"));
        EXPECT_THAT(answer, HasSubstr(R"("code":"unauthorized")"));
    }
    // What does not exist is said to anybody.
    EXPECT_THAT(ask("/v1/none"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(ask("/v1/cars/1", "PUT"), StartsWith("HTTP/1.1 405 "));
}

TEST_F(ApiServerTest, SeesNewTokensAtOnce) {
    std::mutex mutex;
    auto in_force = std::make_shared<const ServiceTokens>(std::vector<ServiceTokens::Entry>{});
    start({{.method = "GET", .pattern = "/a", .handler = show("a")}}, loopback(), [&] {
        const std::lock_guard lock(mutex);
        return in_force;
    });
    const auto text = request("GET", "/a", "Authorization: Bearer one\r\n");
    EXPECT_THAT(ask_with(text), StartsWith("HTTP/1.1 401 "));
    {
        const std::lock_guard lock(mutex);
        in_force = std::make_shared<const ServiceTokens>(std::vector<ServiceTokens::Entry>{
            {.name = "n", .sha256 = api::testing::sha256_of_one, .endpoints = {"*"}}});
    }
    EXPECT_THAT(ask_with(text), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ApiServerTest, LetsNobodyInWithoutTokens) {
    start({{.method = "GET", .pattern = "/a", .handler = show("a")}});
    EXPECT_THAT(ask_with(request("GET", "/a", "Authorization: Bearer one\r\n")), StartsWith("HTTP/1.1 401 "));
    start({{.method = "GET", .pattern = "/a", .handler = show("a")}}, loopback(), [] { return nullptr; });
    EXPECT_THAT(ask_with(request("GET", "/a", "Authorization: Bearer one\r\n")), StartsWith("HTTP/1.1 401 "));
}

TEST_F(ApiServerTest, TakesBodiesAsJsonOnly) {
    auto route =
        open_route("POST", "/a", BlockingHandler([](const Call& call) { return Response{.body = call.request.body}; }));
    route.takes_body = true;
    start({route, open_route("POST", "/none", show("none"))});
    for (const auto* type : {"application/json", "APPLICATION/JSON", "application/json;charset=utf-8",
                             "application/json ; x=y; Charset=\"UTF-8\""}) {
        EXPECT_THAT(ask_with(request("POST", "/a", "Content-Type: " + std::string(type) + "\r\n", "{}")),
                    EndsWith("\r\n\r\n{}"))
            << type;
    }
    for (const auto* fields :
         {"", "Content-Type: \r\n", "Content-Type: text/plain\r\n", "Content-Type: application/jsonp\r\n",
          "Content-Type: application/json; charset=latin1\r\n"}) {
        const auto answer = ask_with(request("POST", "/a", fields, "{}"));
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 415 ")) << fields;
        EXPECT_THAT(answer, HasSubstr(R"("code":"unsupported_media_type")"));
    }
    EXPECT_THAT(ask("/none", "POST"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ApiServerTest, TurnsWhatHandlersThrowIntoAnswers) {
    const auto thrower = [](const std::string& what) {
        if (what == "field") {
            throw json::BadInput("ids[3]", "expected a text");
        }
        if (what == "whole") {
            throw json::BadInput("", "expected a JSON object");
        }
        if (what == "store") {
            throw platform::StoreUnavailable("PostgreSQL", "inner reason");
        }
        if (what == "refused") {
            throw platform::StoreRefused("PostgreSQL", 1, "inner reason");
        }
        if (what == "odd") {
            throw 5;
        }
        throw std::runtime_error("inner reason");
    };
    start({open_route("GET", "/blocking/{what}", BlockingHandler([&](const Call& call) -> Response {
                          thrower(call.path_argument("what"));
                          return {};
                      })),
           open_route("GET", "/asynchronous/{what}", AsynchronousHandler([&](const Call& call, const Reply&) {
                          thrower(call.path_argument("what"));
                      }))});
    for (const std::string base : {"/blocking/", "/asynchronous/"}) {
        const auto field = ask(base + "field");
        EXPECT_THAT(field, StartsWith("HTTP/1.1 400 "));
        EXPECT_THAT(field,
                    EndsWith(R"({"code":"bad_request","message":"expected a text","details":{"field":"ids[3]"}})"));
        EXPECT_THAT(ask(base + "whole"), EndsWith(R"("message":"expected a JSON object","details":{"field":""}})"));
        const auto store = ask(base + "store");
        EXPECT_THAT(store, StartsWith("HTTP/1.1 503 "));
        EXPECT_THAT(store, AllOf(HasSubstr("\r\nRetry-After: 1\r\n"), HasSubstr(R"("code":"unavailable")")));
        for (const auto* what : {"refused", "odd", "other"}) {
            const auto answer = ask(base + what);
            EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 ")) << what;
            EXPECT_THAT(answer, HasSubstr(R"("code":"internal")"));
            EXPECT_THAT(answer, Not(HasSubstr("inner"))) << what;
        }
    }
    EXPECT_THAT(log_.entries("a request failed"), SizeIs(6));
    const auto unavailable = log_.entries("a request found a store unavailable");
    ASSERT_THAT(unavailable, SizeIs(2));
    EXPECT_EQ(unavailable[0].fields.at("handler"), "/blocking/{what}");
    EXPECT_EQ(unavailable[0].fields.at("reason"), "PostgreSQL cannot be reached: inner reason");
}

TEST_F(ApiServerTest, AsksForTheArgumentsOfARouteOnly) {
    start({open_route("GET", "/a/{b}", BlockingHandler([](const Call& call) {
                          EXPECT_THROW((void)call.path_argument("c"), std::out_of_range);
                          return Response{.body = call.path_argument("b")};
                      }))});
    EXPECT_THAT(ask("/a/x"), EndsWith("\r\n\r\nx"));
}

TEST_F(ApiServerTest, NoAnswerIsForACache) {
    start({open_route("GET", "/a", AsynchronousHandler([](const Call&, const Reply& reply) { reply.send({}); }))});
    for (const std::string path : {"/a", "/none"}) {
        EXPECT_THAT(ask_with(request("GET", path, "")), HasSubstr("\r\nCache-Control: no-store\r\n")) << path;
    }
}

TEST_F(ApiServerTest, TakesOrMakesARequestId) {
    std::string seen;
    start({open_route("GET", "/a", AsynchronousHandler([&](const Call& call, const Reply& reply) {
                          seen = call.request_id;
                          reply.send({});
                      }))});
    EXPECT_THAT(ask_with(request("GET", "/a", "X-Request-Id: Az09._-\r\n")),
                HasSubstr("\r\nX-Request-Id: Az09._-\r\n"));
    EXPECT_EQ(seen, "Az09._-");
    std::string last;
    for (const std::string& wrong : {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a\"b")}) {
        const auto answer = ask_with(request("GET", "/a", "X-Request-Id: " + wrong + "\r\n"));
        EXPECT_THAT(seen, ::testing::MatchesRegex("[0-9a-f]{32}"));
        EXPECT_THAT(answer, HasSubstr("\r\nX-Request-Id: " + seen + "\r\n"));
        EXPECT_NE(seen, last);
        last = seen;
    }
    EXPECT_THAT(ask_with(request("GET", "/none", "X-Request-Id: r\r\n")), HasSubstr("\r\nX-Request-Id: r\r\n"));
    EXPECT_THAT(ask_with(request("GET", "/a", "X-Request-Id: r\r\nTransfer-Encoding: gzip\r\n")),
                HasSubstr("\r\nX-Request-Id: "));
    EXPECT_THAT(ask_with("POST /a HTTP/1.1\r\nHost: x\r\nX-Request-Id: r\r\nContent-Length: 99999999\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("\r\nX-Request-Id: r\r\n")));
    EXPECT_THAT(ask_with("what?\r\n\r\n"), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("\r\nX-Request-Id: ")));
}

TEST_F(ApiServerTest, LogsWhatChangesOrFailsAndNoValues) {
    Route frequent = open_route("POST", "/frequent", [](const Call& call) {
        return Response{.status = call.request.body == "fail" ? 409 : call.request.body == "full" ? 429 : 200};
    });
    frequent.is_frequent = true;
    start({open_route("GET", "/a/{b}", show("a")), open_route("PUT", "/a/{b}", show("a")), frequent});
    (void)ask_with(request("GET", "/a/value-in-path?q=value-in-query", "X-Request-Id: r1\r\n"));
    (void)ask_with(request("PUT", "/a/value-in-path?q=value-in-query", "X-Request-Id: r2\r\n", "value-in-body"));
    (void)ask_with(request("GET", "/none/value-in-path", "X-Request-Id: r3\r\n"));
    (void)ask_with(request("VALUE-IN-METHOD", "/a/value-in-path", "X-Request-Id: r4\r\n"));
    (void)ask_with("POST /a/value-in-path HTTP/1.1\r\nHost: x\r\nX-Request-Id: r5\r\nContent-Length: 99999999\r\n\r\n");
    (void)ask_with(request("POST", "/frequent", "X-Request-Id: r6\r\n", "done"));
    (void)ask_with(request("POST", "/frequent", "X-Request-Id: r7\r\n", "fail"));
    (void)ask_with(request("POST", "/frequent", "X-Request-Id: r8\r\n", "full"));
    const auto entries = log_.entries("request");
    ASSERT_THAT(entries, SizeIs(8));
    const auto line = [&](std::size_t i) {
        const auto& fields = entries[i].fields;
        return std::string(entries[i].level == log::Level::info ? "info " : "debug ") + fields.at("request_id") + ' ' +
               fields.at("method") + ' ' + fields.at("handler") + ' ' + fields.at("status");
    };
    EXPECT_EQ(line(0), "debug r1 GET /a/{b} 200");
    EXPECT_EQ(line(1), "info r2 PUT /a/{b} 200");
    EXPECT_EQ(line(2), "info r3 GET unknown 404");
    EXPECT_EQ(line(3), "info r4 other /a/{b} 405");
    EXPECT_EQ(line(4), "info r5 POST /a/{b} 413");
    EXPECT_EQ(line(5), "debug r6 POST /frequent 200");
    EXPECT_EQ(line(6), "info r7 POST /frequent 409");
    EXPECT_EQ(line(7), "info r8 POST /frequent 429");
    for (const auto& entry : log_.entries()) {
        for (const auto& [key, value] : entry.fields) {
            EXPECT_THAT(value, Not(HasSubstr("value"))) << key;
        }
    }
    EXPECT_GE(std::stod(entries[0].fields.at("duration_ms")), 0);
}

TEST_F(ApiServerTest, LogsWhoCalled) {
    auto tokens = std::make_shared<const ServiceTokens>(
        std::vector<ServiceTokens::Entry>{{.name = "console", .sha256 = api::testing::sha256_of_one, .endpoints = {}}});
    start({{.method = "GET", .pattern = "/a", .handler = show("a")}}, loopback(), [tokens] { return tokens; });
    EXPECT_THAT(ask_with(request("GET", "/a", "Authorization: Bearer one\r\n")), StartsWith("HTTP/1.1 403 "));
    ASSERT_THAT(log_.entries("request"), SizeIs(1));
    EXPECT_EQ(log_.entries("request")[0].fields.at("caller"), "console");
}

TEST_F(ApiServerTest, LogsWhoAskedForWhat) {
    auto tokens = std::make_shared<const ServiceTokens>(std::vector<ServiceTokens::Entry>{
        {.name = "console", .sha256 = api::testing::sha256_of_one, .endpoints = {"PUT /v1/*"}}});
    auto settings = loopback();
    settings.trusted_proxies = {"127.0.0.0/8"};
    start({{.method = "PUT",
            .pattern = "/v1/parks/{park_id}/users/{id}",
            .handler = BlockingHandler([](const Call& call) {
                call.note("driver_id", "d-1");
                return http::error_response(409, "conflict", "No.");
            })},
           {.method = "DELETE", .pattern = "/v1/parks/{park_id}", .handler = show("gone")}},
          settings, [tokens] { return tokens; });
    const std::string headers = "X-User: anna\r\nX-Forwarded-For: 192.0.2.7\r\nAuthorization: Bearer ";
    (void)ask_with(request("PUT", "/v1/parks/p%201/users/" + std::string(200, 'u'), headers + "one\r\n"));
    (void)ask_with(request("DELETE", "/v1/parks/p2", headers + "one\r\n"));
    (void)ask_with(request("DELETE", "/v1/parks/p3", headers + "unknown\r\n"));
    const auto lines = log_.entries("request");
    ASSERT_THAT(lines, SizeIs(3));
    const auto has = [&](std::size_t i, const std::string& key, const std::string& value) {
        const auto found = lines[i].fields.find(key);
        EXPECT_EQ(found == lines[i].fields.end() ? "absent" : found->second, value) << i << ' ' << key;
    };
    has(0, "caller", "console");
    has(0, "user", "anna");
    has(0, "address", "192.0.2.7");
    has(0, "park_id", "p 1");
    has(0, "id", std::string(63, 'u') + "\u2026");
    has(0, "driver_id", "d-1");
    has(0, "status", "409");
    has(0, "code", "conflict");
    has(1, "status", "403");
    has(1, "caller", "console");
    has(1, "park_id", "p2");
    has(2, "status", "401");
    has(2, "address", "192.0.2.7");
    has(2, "caller", "");
    has(2, "user", "absent");
    has(2, "park_id", "absent");
}

TEST_F(ApiServerTest, AFloodOfRefusalsIsNoFloodOfLines) {
    start({});
    RawClient client(server_->port());
    for (int i = 0; i < 300; ++i) {
        client.send(get("/none"));
        ASSERT_THAT(client.receive_answer(), StartsWith("HTTP/1.1 404 "));
    }
    EXPECT_THAT(log_.entries("request").size(), ::testing::AllOf(::testing::Ge(50U), ::testing::Lt(200U)));
}

TEST_F(ApiServerTest, ABodyOfAStrangerTakesNoMemory) {
    start({{.method = "POST", .pattern = "/v1/secret", .handler = show("secret"), .takes_body = true},
           {.method = "POST",
            .pattern = "/v1/form",
            .handler = show("form"),
            .access = Route::Access::open,
            .takes_body = true,
            .admit = [](const http::Request& head) -> std::optional<Response> {
                return head.header("X-Form") ? std::nullopt
                                             : std::optional(unauthorized_response("unauthorized", "No form."));
            }}});
    const std::string fields = "Content-Type: application/json\r\n";
    const std::string large(std::size_t{1} << 20, ' ');
    const std::vector<std::pair<std::string, std::string>> cases = {
        {request("POST", "/v1/none", fields, large), "404"},
        {request("PUT", "/v1/secret", fields, large), "405"},
        {request("POST", "/v1/secret", fields, large), "401"},
        {request("POST", "/v1/form", fields, large), "401"},
        {request("POST", "/v1/form", "X-Form: f\r\n", large), "415"},
        {request("POST", "/v1/form", "X-Form: f\r\n" + fields, large), "413"},
    };
    for (const auto& [text, status] : cases) {
        // The answer comes before the body does.
        RawClient client(server_->port());
        client.send(text.substr(0, text.find("\r\n\r\n") + 4));
        const auto answer = client.receive_answer();
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + status));
        EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    }
    // A small one is worth less than a new connection.
    RawClient client(server_->port());
    client.send(request("POST", "/v1/secret", fields, "{}"));
    EXPECT_THAT(client.receive_answer(), StartsWith("HTTP/1.1 401"));
    client.send(request("POST", "/v1/form", "X-Form: f\r\n" + fields, "{}"));
    EXPECT_THAT(client.receive_answer(), EndsWith("form"));
}

TEST_F(ApiServerTest, InternalRoutesMayHaveAListenerOfTheirOwn) {
    auto settings = loopback();
    settings.internal = settings.server;
    start({open_route("GET", "/v1/internal/cache", show("cache")), open_route("GET", "/v1/outer", show("outer"))},
          settings);
    ASSERT_NE(server_->internal_port(), 0);
    const auto ask_internal = [&](std::string_view path) {
        return http::testing::ask(server_->internal_port(), get(path));
    };
    EXPECT_THAT(ask_internal("/v1/internal/cache"), EndsWith("\r\n\r\ncache"));
    EXPECT_THAT(ask_internal("/openapi.yaml"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask_internal("/v1/outer"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(ask("/v1/outer"), EndsWith("\r\n\r\nouter"));
    for (const auto* path : {"/v1/internal/cache", "/v1/%69nternal/cache", "/v1/internal/none"}) {
        EXPECT_THAT(ask(path), StartsWith("HTTP/1.1 404 ")) << path;
    }
}

TEST_F(ApiServerTest, NoErrorRepeatsMuchOfWhatAClientSent) {
    Route read = open_route("POST", "/a", [](const Call& call) {
        refuse_body(call);
        return Response();
    });
    read.takes_body = true;
    read.body_bytes_max = std::size_t{1} << 20;
    start({read, open_route("GET", "/b", without_query(show("b")))});
    const std::string name(900'000, 'n');
    const auto answer = ask_with(request("POST", "/a", "Content-Type: application/json\r\n", "{\"" + name + "\":1}"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
    EXPECT_LT(answer.size(), 1'000U);
    EXPECT_LT(ask("/b?" + name.substr(0, 7'000) + "=1").size(), 1'000U);
    EXPECT_LT(ask("/" + name.substr(0, 7'000)).size(), 1'000U);
}

TEST_F(ApiServerTest, MeasuresEveryRequest) {
    start({open_route("GET", "/a/{b}", show("a"))});
    (void)ask("/a/1");
    (void)ask("/a/2");
    (void)ask("/a/1", "POST");
    (void)ask("/made-up");
    (void)ask("/made-up", "MADE-UP");
    (void)ask_with("what?\r\n\r\n");
    const auto text = registry_.text();
    const auto count = [&](const std::string& labels, int value) {
        return HasSubstr("http_request_duration_seconds_count{" + labels + "} " + std::to_string(value) + '\n');
    };
    EXPECT_THAT(text, count(R"(code="200",handler="/a/{b}",method="GET")", 2));
    EXPECT_THAT(text, count(R"(code="405",handler="/a/{b}",method="POST")", 1));
    EXPECT_THAT(text, count(R"(code="404",handler="unknown",method="GET")", 1));
    EXPECT_THAT(text, count(R"(code="404",handler="unknown",method="other")", 1));
    EXPECT_THAT(text, count(R"(code="400",handler="unknown",method="other")", 1));
    EXPECT_THAT(text, HasSubstr(R"(method="GET",le="0.00025"})"));
    EXPECT_THAT(text, Not(HasSubstr("made-up")));
}

TEST_F(ApiServerTest, RefusesWhenTooManyWait) {
    auto settings = loopback();
    settings.blocking_threads = 1;
    settings.blocking_waiting_max = 1;
    http::testing::Gate gate;
    std::latch running(1);
    start({open_route("GET", "/slow/{n}", BlockingHandler([&](const Call& call) {
                          if (call.path_argument("n") == "1") {
                              running.count_down();
                              gate.wait();
                          }
                          return Response{};
                      })),
           open_route("GET", "/fast", AsynchronousHandler([](const Call&, const Reply& reply) { reply.send({}); }))},
          settings);
    RawClient first(server_->port());
    first.send(get("/slow/1"));
    running.wait();
    RawClient second(server_->port());
    second.send(get("/slow/2"));
    // It waits as soon as the server has got to it.
    while (registry_.text().find("http_requests_waiting 1\n") == std::string::npos) {
        std::this_thread::yield();
    }
    const auto refusal = ask("/slow/3");
    EXPECT_THAT(refusal, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(refusal, AllOf(HasSubstr("\r\nRetry-After: 1\r\n"), HasSubstr(R"("code":"overloaded")")));
    EXPECT_THAT(ask("/fast"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(registry_.text(), HasSubstr("http_requests_running 1\n"));
    EXPECT_THAT(registry_.text(), Not(HasSubstr("http_connections 0\n")));
    gate.open();
    EXPECT_THAT(first.receive_answer(), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(second.receive_answer(), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(registry_.text(),
                AllOf(HasSubstr("http_requests_running 0\n"), HasSubstr("http_requests_waiting 0\n")));
}

TEST_F(ApiServerTest, AQueueOfItsOwnLeavesTheOthersTheirThreads) {
    auto settings = loopback();
    settings.blocking_threads = 1;
    platform::WorkQueue queue({.threads = 1, .waiting_max = 0});
    http::testing::Gate gate;
    std::latch running(1);
    const BlockingHandler slow = [&](const Call&) {
        running.count_down();
        gate.wait();
        return Response{};
    };
    const auto full = [] { return http::error_response(429, "too_many_requests", "Later."); };
    start({open_route("GET", "/slow", on_queue(queue, slow, log_, {.method = "GET", .pattern = "/slow"}, full)),
           open_route("GET", "/fast", BlockingHandler([](const Call&) { return Response{}; }))},
          settings);
    RawClient first(server_->port());
    first.send(get("/slow"));
    running.wait();
    EXPECT_THAT(ask("/slow"), StartsWith("HTTP/1.1 429 "));
    EXPECT_THAT(ask("/fast"), StartsWith("HTTP/1.1 200 "));
    gate.open();
    EXPECT_THAT(first.receive_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ApiServerTest, FinishesWhatIsUnderWayWhenItEnds) {
    http::testing::Gate gate;
    std::latch running(1);
    start({open_route("GET", "/slow", BlockingHandler([&](const Call&) {
                          running.count_down();
                          gate.wait();
                          return Response{.body = "done"};
                      }))});
    RawClient client(server_->port());
    client.send(get("/slow"));
    running.wait();
    std::jthread ending([&] { server_.reset(); });
    gate.open();
    EXPECT_THAT(client.receive_all(), EndsWith("done"));
    ending.join();
    EXPECT_THAT(log_.entries("request"), SizeIs(1));
    EXPECT_THAT(registry_.text(), HasSubstr("http_connections 0\n"));
}

TEST_F(ApiServerTest, MindsNoAnswerThatComesAfterItsEnd) {
    auto settings = loopback();
    settings.server.drain_timeout = 0ms;
    std::promise<Reply> kept;
    start({open_route("GET", "/slow",
                      AsynchronousHandler([&](const Call&, const Reply& reply) { kept.set_value(reply); }))},
          settings);
    RawClient client(server_->port());
    client.send(get("/slow"));
    std::optional<Reply> reply(kept.get_future().get());
    server_.reset();
    EXPECT_EQ(client.receive_all(), "");
    reply->send({});
    reply.reset();
    EXPECT_THAT(log_.entries("request"), IsEmpty());
}

TEST_F(ApiServerTest, AnswersForHandlersThatForget) {
    start({open_route("GET", "/a", AsynchronousHandler([](const Call&, const Reply&) {}))});
    EXPECT_THAT(ask("/a"), AllOf(StartsWith("HTTP/1.1 500 "), HasSubstr(R"("code":"internal")")));
    ASSERT_THAT(log_.entries("request"), SizeIs(1));
    EXPECT_EQ(log_.entries("request")[0].fields.at("status"), "500");
}

TEST_F(ApiServerTest, RefusesRoutesThatAreWrong) {
    const auto refuses = [&](std::vector<Route> routes) {
        EXPECT_THROW(start(std::move(routes)), std::invalid_argument);
    };
    for (const auto* pattern : {"", "a", "/a/", "//a", "/{}", "/{a", "/a{b}", "/a?b", "/%41"}) {
        refuses({open_route("GET", pattern, show("a"))});
    }
    refuses({open_route("GET", "/a/{b}", show("a")), open_route("GET", "/a/{b}", show("b"))});
    refuses({open_route("GET", "/a/{b}", show("a")), open_route("PUT", "/a/{c}", show("b"))});
    refuses({open_route("HEAD", "/a", show("a"))});
    refuses({open_route("", "/a", show("a"))});
    refuses({open_route("GET", "/openapi.yaml", show("a"))});
}

}  // namespace
}  // namespace twinfleet::api
