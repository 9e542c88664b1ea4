#include "platform/http_client/json_client.hpp"

#include <optional>
#include <array>
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/http/server.hpp"

namespace twinfleet::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class JsonClientTest : public ::testing::Test {
protected:
    [[nodiscard]] JsonClientSettings settings(const std::string& url) const {
        return {.client = {.base_url = url,
                           .bearer_token = "hidden-token",
                           .token_name = "neighbour.service_token",
                           .peer_name = "neighbour"},
                .circuit = {.failures_max = 3, .open_for = 1s}};
    }
    void will_answer(Response next) {
        answer_.with([&](auto& current) { current = std::move(next); });
    }
    [[nodiscard]] JsonAnswer get(const JsonClient& client) const {
        return client.ask({.method = "GET", .target = "/v1/things/1"});
    }
    /// What becomes of an answer: the name of the exception, and what it says.
    template <typename Error>
    [[nodiscard]] std::string error_of(Response next) {
        will_answer(std::move(next));
        // One of its own, whose circuit is closed.
        const JsonClient client(settings(url_), clock_);
        try {
            static_cast<void>(
                client.call({.method = "POST", .target = "/v1/things", .successes = successes, .refusals = refusals}));
        } catch (const Error& error) {
            return error.what();
        } catch (const std::exception& other) {
            return std::string("another error: ") + other.what();
        }
        return "nothing";
    }

    static constexpr std::array successes{200, 201};
    static constexpr std::array refusals{ExpectedRefusal{404, "thing_not_found"}, ExpectedRefusal{409, "thing_taken"}};

    platform::testing::ManualClock clock_;
    platform::Guarded<Response> answer_;
    platform::Guarded<Request> asked_;
    std::atomic<int> count_ = 0;
    Server server_{{.listen = {"127.0.0.1", 0}}, {.handle = [this](const Request& request, const Reply& reply) {
                       ++count_;
                       asked_.with([&](auto& last) { last = request; });
                       reply.send(answer_.with([](const auto& next) { return next; }));
                   }}};
    const std::string url_ = "http://127.0.0.1:" + std::to_string(server_.port());
    const JsonClient client_{settings(url_), clock_};
};

TEST_F(JsonClientTest, AsksAndReadsTheAnswer) {
    will_answer({.status = 201, .body = R"({"id":"1"})"});
    const boost::json::object body{{"name", "a \"b\""}};
    const auto outcome = client_.call({.method = "POST",
                                       .target = path_of({"v1", "things", "a/b c"}),
                                       .body = &body,
                                       .successes = successes,
                                       .refusals = refusals});
    EXPECT_EQ(std::get<JsonAnswer>(outcome).status, 201);
    EXPECT_EQ(std::get<JsonAnswer>(outcome).body, (boost::json::object{{"id", "1"}}));
    const auto asked = asked_.with([](const auto& last) { return last; });
    EXPECT_EQ(asked.method + " " + asked.path, "POST /v1/things/a%2Fb%20c");
    EXPECT_EQ(asked.body, R"({"name":"a \"b\""})");
    EXPECT_EQ(asked.header("Content-Type"), "application/json");
    EXPECT_EQ(asked.header("Authorization"), "Bearer hidden-token");
}

TEST_F(JsonClientTest, ReturnsARefusalThatIsExpected) {
    const JsonCall call{.method = "POST", .target = "/v1/things", .successes = successes, .refusals = refusals};
    will_answer({.status = 409, .body = R"({"code":"thing_taken","message":"m","details":{"by":"b"}})"});
    const auto taken = std::get<JsonRefusal>(client_.call(call));
    EXPECT_EQ(taken.status, 409);
    EXPECT_EQ(taken.code, "thing_taken");
    EXPECT_EQ(taken.details, (boost::json::object{{"by", "b"}}));
    will_answer({.status = 404, .body = R"({"code":"thing_not_found","message":"m"})"});
    const auto missing = std::get<JsonRefusal>(client_.call(call));
    EXPECT_EQ(missing.code, "thing_not_found");
    EXPECT_TRUE(missing.details.empty());
}

TEST_F(JsonClientTest, TakesAnyOtherRefusalForAMisunderstanding) {
    const auto refused = [&](int status, const std::string& body) {
        return error_of<platform::StoreRefused>({.status = status, .body = body});
    };
    EXPECT_EQ(refused(404, R"({"code":"not_found","message":"m"})"),
              "neighbour refused: it answered POST /v1/things with status 404 not_found (code 404)");
    EXPECT_EQ(refused(409, R"({"code":"thing_not_found"})"),
              "neighbour refused: it answered POST /v1/things with status 409 thing_not_found (code 409)")
        << "expected with another status";
    for (const auto& body : {"", "<html>", "[]", R"({"code":["thing_taken"]})", R"({"code":"Phone +7 903 123"})"}) {
        EXPECT_EQ(refused(409, body), "neighbour refused: it answered POST /v1/things with status 409 (code 409)")
            << body;
    }
    EXPECT_THAT(refused(400, "{}"), HasSubstr("status 400"));
    EXPECT_THAT(refused(204, ""), HasSubstr("status 204")) << "a success that is not expected";
    EXPECT_THAT(refused(302, ""), HasSubstr("status 302"));
}

TEST_F(JsonClientTest, SaysWhichTokenIsRefused) {
    EXPECT_EQ(error_of<TokenRefused>({.status = 401, .body = R"({"code":"unauthorized","message":"m"})"}),
              "neighbour refused: it does not know the token of neighbour.service_token (code 401)");
    EXPECT_EQ(error_of<TokenRefused>({.status = 403, .body = R"({"code":"forbidden","message":"m"})"}),
              "neighbour refused: it does not let the token of neighbour.service_token do POST /v1/things: status 403 "
              "forbidden (code 403)");
    EXPECT_THAT(error_of<TokenRefused>({.status = 403}), Not(HasSubstr("hidden-token")));
}

TEST_F(JsonClientTest, SaysWhenAServiceIsBusyAndUntilWhen) {
    for (const int status : {429, 503}) {
        will_answer({.status = status, .body = R"({"code":"overloaded"})", .headers = {{"Retry-After", "7"}}});
        try {
            static_cast<void>(get(client_));
            FAIL() << "it is busy";
        } catch (const ServiceBusy& busy) {
            EXPECT_EQ(busy.retry_after(), 7s);
            EXPECT_EQ(busy.what(), "neighbour cannot be reached: it answered GET /v1/things/1 with status " +
                                       std::to_string(status) + " overloaded");
        }
    }
    will_answer({.status = 503});
    try {
        static_cast<void>(get(client_));
        FAIL() << "it is busy";
    } catch (const ServiceBusy& busy) {
        EXPECT_EQ(busy.retry_after(), std::nullopt);
    }
}

TEST_F(JsonClientTest, TakesFailuresAndAnswersThatCannotBeReadForNone) {
    const auto unavailable = [&](int status, const std::string& body) {
        return error_of<platform::StoreUnavailable>({.status = status, .body = body});
    };
    EXPECT_EQ(unavailable(500, ""), "neighbour cannot be reached: it answered POST /v1/things with status 500");
    EXPECT_EQ(unavailable(502, "<html>"), "neighbour cannot be reached: it answered POST /v1/things with status 502");
    for (const auto* body : {"", "<html>", "[]", "{", R"({"a":1}{)", R"({"a":1,"a":2})", "\xff"}) {
        EXPECT_EQ(unavailable(200, body),
                  "neighbour cannot be reached: its answer to POST /v1/things is no JSON object")
            << body;
    }
    const JsonClient lost(settings("http://127.0.0.1:1"), clock_);
    EXPECT_THROW(static_cast<void>(get(lost)), platform::StoreUnavailable);
}

TEST_F(JsonClientTest, LeavesAServiceAloneThatKeepsFailing) {
    will_answer({.status = 500});
    for (int i = 0; i < 3; ++i) {
        EXPECT_THROW(static_cast<void>(get(client_)), platform::StoreUnavailable);
    }
    EXPECT_EQ(count_, 3);
    EXPECT_THROW(static_cast<void>(get(client_)), platform::StoreUnavailable);
    EXPECT_EQ(count_, 3) << "not asked";

    clock_.advance(1s);
    EXPECT_THROW(static_cast<void>(get(client_)), platform::StoreUnavailable);
    EXPECT_EQ(count_, 4) << "one try";
    EXPECT_THROW(static_cast<void>(get(client_)), platform::StoreUnavailable);
    EXPECT_EQ(count_, 4);

    clock_.advance(1s);
    will_answer({.status = 200, .body = "{}"});
    EXPECT_EQ(get(client_).status, 200);
    EXPECT_EQ(get(client_).status, 200);
    EXPECT_EQ(count_, 6);
}

TEST_F(JsonClientTest, DoesNotTakeARefusalOrAStopForAFailure) {
    std::stop_source stop;
    stop.request_stop();
    for (int i = 0; i < 5; ++i) {
        will_answer({.status = 500});
        EXPECT_THROW(static_cast<void>(get(client_)), platform::StoreUnavailable);
        will_answer({.status = 401});
        EXPECT_THROW(static_cast<void>(get(client_)), TokenRefused);
    }
    for (int i = 0; i < 5; ++i) {
        EXPECT_THROW(static_cast<void>(client_.ask({.method = "GET", .target = "/"}, stop.get_token())),
                     RequestGivenUp);
        EXPECT_THROW(static_cast<void>(client_.ask({.method = "GET", .target = "no target"})), std::invalid_argument);
    }
    will_answer({.status = 200, .body = "{}"});
    EXPECT_EQ(get(client_).status, 200);
}

TEST(JsonClientStop, EndsACallThatBringsNone) {
    platform::SystemClock clock;
    std::stop_source stop;
    // Whoever is asked hangs, and the program is to stop. A reply that nobody holds would be an answer.
    std::optional<Reply> unanswered;
    Server hanging({.listen = {"127.0.0.1", 0}}, {.handle = [&](const Request&, const Reply& reply) {
                       unanswered = reply;
                       stop.request_stop();
                   }});
    const JsonClient client({.client = {.base_url = "http://127.0.0.1:" + std::to_string(hanging.port()),
                                        .request_timeout = 60s,
                                        .peer_name = "neighbour"},
                             .stop = stop.get_token()},
                            clock);
    EXPECT_THROW(static_cast<void>(client.ask({.method = "GET", .target = "/"})), RequestGivenUp);
    unanswered.reset();
}

}  // namespace
}  // namespace twinfleet::http
