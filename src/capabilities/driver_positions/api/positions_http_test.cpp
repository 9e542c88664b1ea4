#include "capabilities/driver_positions/api/positions_http.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <optional>

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/testing/fake_fleet_directory.hpp"
#include "capabilities/driver_positions/api/nearby_http.hpp"
#include "capabilities/driver_positions/api/track_http.hpp"
#include "capabilities/driver_positions/testing/fakes.hpp"
#include "platform/api/answering.hpp"
#include "platform/clock/testing/manual_clock.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/json/object_reader.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_positions {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* vezet_agent = "Taximeter-Vezet 9.61 (1234)";

struct Answer {
    int status = 0;
    boost::json::object body;
    http::Headers headers = {};

    [[nodiscard]] std::string code() const {
        return body.contains("code") ? std::string(body.at("code").as_string()) : "none";
    }
    [[nodiscard]] std::string field() const {
        const auto* details = body.if_contains("details");
        return details == nullptr ? "none" : std::string(details->as_object().at("field").as_string());
    }
    [[nodiscard]] std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (key == name) {
                return value;
            }
        }
        return "";
    }
};

class PositionsApiTest : public ::testing::Test {
protected:
    explicit PositionsApiTest(platform::GroupQueueSettings queue = {.threads = 2, .waiting_max = 64})
        : api_(api_with(queue)) {
        clock_.advance(platform::parse_time("2024-05-01T12:00:00Z")->time_since_epoch());
        token_ = sessions_.begin(driver_, "vezet", {}).value();
        fleet_.put(
            driver_cache::Driver{.id = "driver", .park_id = "park", .work_status = driver_cache::WorkStatus::working});
        fleet_.put(driver_cache::Park{.id = "park", .is_active = true});
        statuses_.by_tag[tag_] = {.driver = driver_, .family = "vezet", .status = driver_sessions::DriverStatus::free};
        for (auto routes : {position_routes(api_, intake_), track_routes(api_),
                            nearby_routes({.apps = apps_, .drivers = nearby_, .clock = clock_})}) {
            routes_.insert(routes_.end(), routes.begin(), routes.end());
        }
    }

    PositionsApi api_with(const platform::GroupQueueSettings& queue) {
        return {.apps = apps_,
                .sessions = sessions_,
                .store = store_,
                .metrics = metrics_,
                .clock = clock_,
                .log = log_,
                .settings = {.batch_queue = queue}};
    }

    /// What a route answers, once it does.
    std::future<Answer> start(const std::string& method, const std::string& target, const std::string& body = {},
                              const std::optional<std::string>& token = std::nullopt,
                              const std::string& agent = vezet_agent) {
        const std::size_t end = std::min(target.find('?'), target.size());
        api::Call call{.request = {.method = method,
                                   .path = target.substr(0, end),
                                   .query = end < target.size() ? target.substr(end + 1) : "",
                                   .headers = {{"User-Agent", agent}, {"Content-Type", "application/json"}},
                                   .body = body},
                       .request_id = "r"};
        call.request.headers.emplace_back("Authorization", "Bearer " + token.value_or(token_));
        auto promise = std::make_shared<std::promise<Answer>>();
        auto future = promise->get_future();
        const http::Reply reply([promise](http::Response response) {
            promise->set_value({response.status, json::parse_object(response.body), std::move(response.headers)});
        });
        for (const api::Route& route : routes_) {
            if (route.method != method || route.pattern != call.request.path) {
                continue;
            }
            if (const auto* handler = std::get_if<api::AsynchronousHandler>(&route.handler)) {
                (*handler)(std::move(call), reply);
            } else {
                reply.send(api::answer(std::get<api::BlockingHandler>(route.handler), call, log_,
                                       {.method = route.method, .pattern = route.pattern}));
            }
            return future;
        }
        throw std::logic_error("no such route");
    }
    Answer call(const std::string& method, const std::string& target, const std::string& body = {},
                const std::optional<std::string>& token = std::nullopt, const std::string& agent = vezet_agent) {
        return start(method, target, body, token, agent).get();
    }
    Answer post(const std::string& items) {
        return call("POST", "/v1/driver/positions", R"({"positions": [)" + items + "]}");
    }
    static std::string item(const std::string& time, const std::string& more = "") {
        return R"({"lat": 56.85, "lon": 53.2, "timestamp": "2024-05-01T)" + time + R"(Z")" + more + "}";
    }
    double count(const std::string& name, const std::string& outcome, const std::string& family = "vezet") {
        const std::string line = name + "{family=\"" + family + "\",outcome=\"" + outcome + "\"} ";
        const std::string text = registry_.text();
        const auto at = text.find(line);
        return at == std::string::npos ? 0 : std::stod(text.substr(at + line.size()));
    }

    const driver_sessions::DriverKey driver_{.park_id = "park", .driver_id = "driver"};
    const std::string tag_ = driver_sessions::redis_tag(driver_);
    platform::testing::ManualClock clock_;
    log::CapturingLogger log_;
    metrics::Registry registry_;
    const driver_apps::DriverApps apps_ = testing::test_apps();
    testing::FakeSessions sessions_;
    testing::FakeStatuses statuses_;
    driver_cache::testing::FakeFleetDirectory fleet_;
    testing::MemoryStore store_;
    NearbyDrivers nearby_{store_, statuses_, fleet_, {}};
    std::string token_;
    PositionMetrics metrics_{registry_};
    const PositionsApi api_;
    PositionIntake intake_{api_, registry_};
    std::vector<api::Route> routes_;
};

TEST_F(PositionsApiTest, StoresWhatIsGoodAndSaysWhatIsNot) {
    const Answer answer = post(item("11:59:58") + "," + item("11:59:59", R"(, "speed": 101)") + ",7," +
                               item("11:59:57") + "," + item("11:59:57") + "," + item("12:01:01"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(boost::json::serialize(answer.body),
              R"({"accepted":3,"rejected":[{"index":1,"code":"bad_speed"},{"index":2,"code":"bad_field"},)"
              R"({"index":5,"code":"in_future"}]})");
    const Answer track = call("GET", "/v1/driver/track");
    EXPECT_EQ(track.status, 200);
    EXPECT_EQ(boost::json::serialize(track.body.at("positions").as_array().at(0).as_object().at("timestamp")),
              R"("2024-05-01T11:59:57.000Z")");
    EXPECT_EQ(track.body.at("positions").as_array().size(), 2U);
    EXPECT_TRUE(track.body.at("next_cursor").is_null());
}

TEST_F(PositionsApiTest, CountsPositionsAndBatches) {
    static_cast<void>(post(item("11:59:58") + "," + item("11:59:58") + ",1"));
    static_cast<void>(post(item("11:59:58")));
    static_cast<void>(post("1,2"));
    static_cast<void>(post(""));
    EXPECT_EQ(count("driver_positions_total", "accepted"), 1);
    EXPECT_EQ(count("driver_positions_total", "repeated"), 2);
    EXPECT_EQ(count("driver_positions_total", "bad_field"), 3);
    EXPECT_EQ(count("driver_position_batches_total", "stored"), 2);
    EXPECT_EQ(count("driver_position_batches_total", "nothing_accepted"), 1);
    EXPECT_EQ(count("driver_position_batches_total", "malformed"), 1);
}

TEST_F(PositionsApiTest, RefusesWhatIsMalformed) {
    EXPECT_EQ(post("").status, 400);
    EXPECT_EQ(post("").code(), "bad_request");
    EXPECT_EQ(post("").field(), "positions");
    EXPECT_EQ(call("POST", "/v1/driver/positions?limit=1", R"({"positions": [1]})").field(), "limit");
    EXPECT_EQ(call("GET", "/v1/driver/track?limit=0").field(), "limit");
}

TEST_F(PositionsApiTest, LetsInOnlyTheDriversOwnApp) {
    const std::string good = R"({"positions": [)" + item("11:59:58") + "]}";
    for (const auto& [method, target] :
         {std::pair("POST", "/v1/driver/positions"), std::pair("GET", "/v1/driver/track")}) {
        EXPECT_EQ(call(method, target, good, "nobody's").status, 401) << target;
        EXPECT_EQ(call(method, target, good, std::nullopt, "Taximeter 9.61").code(), "wrong_app") << target;
        EXPECT_EQ(call(method, target, good, std::nullopt, "curl/7.88").code(), "unknown_app") << target;
    }
    EXPECT_TRUE(store_.data.with([](const auto& data) { return data.tracks.empty(); }));
}

TEST_F(PositionsApiTest, KeepsTheTrackOfEachAppByItself) {
    static_cast<void>(post(item("11:59:58")));
    const driver_sessions::DriverKey parent{.park_id = "parent park", .driver_id = "driver"};
    const std::string token = sessions_.begin(parent, "taximeter", {}).value();
    const Answer other = call("GET", "/v1/driver/track", "", token, "Taximeter 9.61");
    EXPECT_EQ(other.status, 200);
    EXPECT_TRUE(other.body.at("positions").as_array().empty());
}

TEST_F(PositionsApiTest, PagesThroughATrackThatOutlivesTheSession) {
    static_cast<void>(post(item("11:00:00") + "," + item("11:00:01") + "," + item("11:00:02")));
    sessions_.end(token_);
    EXPECT_EQ(call("GET", "/v1/driver/track").status, 401);
    token_ = sessions_.begin(driver_, "vezet", {}).value();
    std::string cursor;
    std::vector<std::string> timestamps;
    for (int page = 0; page < 3; ++page) {
        const Answer answer = call("GET", "/v1/driver/track?from=2024-05-01T11:00:00Z&to=2024-05-01T11:00:03Z&limit=1" +
                                              (cursor.empty() ? "" : "&cursor=" + cursor));
        ASSERT_EQ(answer.status, 200);
        ASSERT_EQ(answer.body.at("positions").as_array().size(), 1U);
        timestamps.emplace_back(answer.body.at("positions").as_array()[0].at("timestamp").as_string());
        ASSERT_EQ(answer.body.at("next_cursor").is_null(), page == 2);
        cursor = page == 2 ? "" : std::string(answer.body.at("next_cursor").as_string());
    }
    EXPECT_THAT(timestamps, ::testing::ElementsAre("2024-05-01T11:00:00.000Z", "2024-05-01T11:00:01.000Z",
                                                   "2024-05-01T11:00:02.000Z"));
}

TEST_F(PositionsApiTest, AsksToComeLaterWhenTheStoreIsFull) {
    store_.data.with([](auto& data) { data.refusal.kind = AddOutcome::Kind::store_full; });
    const Answer answer = post(item("11:59:58"));
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.code(), "too_many_requests");
    EXPECT_EQ(answer.header("Retry-After"), "2");
    EXPECT_EQ(count("driver_position_batches_total", "store_full"), 1);
    EXPECT_EQ(count("driver_positions_total", "store_full"), 1);
}

TEST_F(PositionsApiTest, TellsWhoHasUsedUpHisQuotaWhenToComeAgain) {
    store_.data.with([](auto& data) {
        data.refusal = {.kind = AddOutcome::Kind::quota_used_up, .retry_after = std::chrono::milliseconds(6'001)};
    });
    const Answer answer = post(item("11:59:58"));
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.code(), "too_many_requests");
    EXPECT_EQ(answer.header("Retry-After"), "7");
    EXPECT_EQ(count("driver_position_batches_total", "quota_used_up"), 1);
    EXPECT_EQ(count("driver_positions_total", "quota_used_up"), 1);
}

TEST_F(PositionsApiTest, TellsWhoReadsTooMuchOfHisTrackWhenToGoOn) {
    for (std::size_t page = 0; page < PositionSettings().track_burst_pages; ++page) {
        ASSERT_EQ(call("GET", "/v1/driver/track").status, 200);
    }
    const Answer answer = call("GET", "/v1/driver/track?limit=1");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.code(), "too_many_requests");
    EXPECT_EQ(answer.header("Retry-After"), "1");
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(call("GET", "/v1/driver/track").status, 200);
}

TEST_F(PositionsApiTest, AnswersAsTheServerDoesWhenTheStoreIsAwayOrFails) {
    store_.data.with([](auto& data) { data.before_add = [] { throw platform::StoreUnavailable("Redis", "test"); }; });
    EXPECT_EQ(post(item("11:59:58")).status, 503);
    EXPECT_EQ(post(item("11:59:58")).header("Retry-After"), "1");
    store_.data.with([](auto& data) { data.before_add = [] { throw std::runtime_error("a reason"); }; });
    const Answer answer = post(item("11:59:58"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(boost::json::serialize(answer.body), Not(HasSubstr("a reason")));
    EXPECT_EQ(log_.entries("a request failed").size(), 1U);
}

class FullPositionsQueueTest : public PositionsApiTest {
protected:
    FullPositionsQueueTest() : PositionsApiTest({.threads = 1, .waiting_max = 2}) {}
};

TEST_F(FullPositionsQueueTest, RefusesBeforeMemoryGrowsAndGoesOnAfterwards) {
    std::latch is_running(1);
    std::promise<void> go_on;
    store_.data.with([&, may_go_on = go_on.get_future().share()](auto& data) {
        data.before_add = [&is_running, may_go_on, is_first = true]() mutable {
            if (std::exchange(is_first, false)) {
                is_running.count_down();
            }
            may_go_on.wait();
        };
    });
    const std::string body = R"({"positions": [)" + item("11:59:58") + "]}";
    std::vector<std::future<Answer>> under_way;
    under_way.push_back(start("POST", "/v1/driver/positions", body));
    is_running.wait();
    store_.data.with([](auto& data) { data.before_add = nullptr; });
    under_way.push_back(start("POST", "/v1/driver/positions", body));
    under_way.push_back(start("POST", "/v1/driver/positions", body));
    EXPECT_THAT(registry_.text(), HasSubstr("driver_position_queue_waiting 2"));
    EXPECT_THAT(registry_.text(), HasSubstr("driver_position_queue_running 1"));
    for (int i = 0; i < 5; ++i) {
        const Answer refused = call("POST", "/v1/driver/positions", body);
        EXPECT_EQ(refused.status, 429);
        EXPECT_EQ(refused.code(), "too_many_requests");
        EXPECT_EQ(refused.header("Retry-After"), "2");
    }
    EXPECT_EQ(call("GET", "/v1/driver/track").status, 200) << "others are not in this queue";
    go_on.set_value();
    for (auto& answer : under_way) {
        EXPECT_EQ(answer.get().status, 200);
    }
    EXPECT_EQ(count("driver_position_batches_total", "too_many_requests", "unknown"), 5);
    EXPECT_EQ(post(item("11:59:58")).status, 200);
}

/// One thread, which is held until several batches wait, so that they are worked on together.
class GroupedPositionsTest : public PositionsApiTest {
protected:
    GroupedPositionsTest() : PositionsApiTest({.threads = 1, .waiting_max = 64}) {
        store_.data.with([this](auto& data) {
            data.before_add = [this, may_go_on = go_on_.get_future().share()] {
                is_held_.count_down();
                may_go_on.wait();
            };
        });
        holding_ = start("POST", "/v1/driver/positions", R"({"positions": [)" + item("11:59:50") + "]}");
        is_held_.wait();
        store_.data.with([](auto& data) { data.before_add = nullptr; });
    }
    std::future<Answer> start_post(const std::string& items, const std::optional<std::string>& token = std::nullopt,
                                   const std::string& agent = vezet_agent) {
        return start("POST", "/v1/driver/positions", R"({"positions": [)" + items + "]}", token, agent);
    }
    void go_on() {
        go_on_.set_value();
        EXPECT_EQ(holding_.get().status, 200);
    }

    std::latch is_held_{1};
    std::promise<void> go_on_;
    std::future<Answer> holding_;
};

TEST_F(GroupedPositionsTest, EachGetsTheAnswerThatItWouldHaveGotAlone) {
    const driver_sessions::DriverKey parent{.park_id = "parent park", .driver_id = "driver"};
    const std::string parents = sessions_.begin(parent, "taximeter", {}).value();
    auto good = start_post(item("11:59:58"));
    auto mixed = start_post(item("11:59:57") + ",7");
    auto malformed = start_post("");
    auto of_nobody = start_post(item("11:59:58"), "nobody's");
    auto wrong_app = start_post(item("11:59:58"), std::nullopt, "Taximeter 9.61");
    auto unknown_app = start_post(item("11:59:58"), std::nullopt, "curl/7.88");
    auto nothing = start_post("1,2");
    auto of_the_parent = start_post(item("11:59:56") + "," + item("11:59:55"), parents, "Taximeter 9.61");
    go_on();
    EXPECT_EQ(boost::json::serialize(good.get().body), R"({"accepted":1,"rejected":[]})");
    EXPECT_EQ(boost::json::serialize(mixed.get().body),
              R"({"accepted":1,"rejected":[{"index":1,"code":"bad_field"}]})");
    EXPECT_EQ(malformed.get().field(), "positions");
    EXPECT_EQ(of_nobody.get().status, 401);
    EXPECT_EQ(wrong_app.get().code(), "wrong_app");
    EXPECT_EQ(unknown_app.get().code(), "unknown_app");
    EXPECT_EQ(nothing.get().status, 200);
    EXPECT_EQ(boost::json::serialize(of_the_parent.get().body), R"({"accepted":2,"rejected":[]})");
    EXPECT_EQ(call("GET", "/v1/driver/track").body.at("positions").as_array().size(), 3U);
    EXPECT_EQ(call("GET", "/v1/driver/track", "", parents, "Taximeter 9.61").body.at("positions").as_array().size(),
              2U);
    EXPECT_EQ(count("driver_position_batches_total", "stored"), 3);
    EXPECT_EQ(count("driver_position_batches_total", "stored", "taximeter"), 1);
    EXPECT_EQ(count("driver_position_batches_total", "malformed"), 1);
    EXPECT_EQ(count("driver_position_batches_total", "nothing_accepted"), 1);
}

TEST_F(GroupedPositionsTest, OneThatTheStoreFailsKeepsNoOtherFromItsAnswer) {
    std::atomic<int> adds = 0;
    store_.data.with([&adds](auto& data) {
        data.before_add = [&adds] {
            if (++adds == 2) {
                throw platform::StoreUnavailable("Redis", "test");
            }
        };
    });
    std::vector<std::future<Answer>> answers;
    for (const auto* time : {"11:59:58", "11:59:57", "11:59:56"}) {
        answers.push_back(start_post(item(time)));
    }
    go_on();
    EXPECT_EQ(answers[0].get().status, 200);
    EXPECT_EQ(answers[1].get().status, 503);
    EXPECT_EQ(answers[2].get().status, 200);
}

class NearbyApiTest : public PositionsApiTest {
protected:
    Answer ask(const std::string& fields) { return call("POST", "/v1/internal/drivers/nearby", "{" + fields + "}"); }
    const std::string where_ = R"("family": "vezet", "lat": 56.85, "lon": 53.2, "radius_m": 1000)";
};

TEST_F(NearbyApiTest, ShowsDriversAsTheContractHasThem) {
    static_cast<void>(post(item("11:59:58")));
    const Answer answer = ask(where_ + R"(, "limit": 5, "statuses": ["free"])");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(boost::json::serialize(answer.body),
              R"({"drivers":[{"driver_id":"driver","park_id":"park","lat":5.685E1,"lon":5.32E1,)"
              R"("timestamp":"2024-05-01T11:59:58.000Z","distance_m":0,"status":"free"}]})");
    EXPECT_EQ(ask(where_).body.at("drivers").as_array().size(), 1U) << "free is what is asked for by default";
    EXPECT_EQ(ask(where_ + R"(, "statuses": ["busy", "offline"])").body.at("drivers").as_array().size(), 0U);
    EXPECT_EQ(ask(R"("family": "taximeter", "lat": 56.85, "lon": 53.2, "radius_m": 1000)")
                  .body.at("drivers")
                  .as_array()
                  .size(),
              0U);
}

TEST_F(NearbyApiTest, NamesTheFieldThatIsWrong) {
    EXPECT_EQ(ask(where_ + R"(, "limit": 200)").status, 200);
    for (const auto& [fields, field] :
         {std::pair(where_ + R"(, "limit": 0)", "limit"), std::pair(where_ + R"(, "limit": 201)", "limit"),
          std::pair(where_ + R"(, "statuses": [])", "statuses"),
          std::pair(where_ + R"(, "statuses": ["asleep"])", "statuses"), std::pair(where_ + R"(, "more": 1)", "more"),
          std::pair(std::string(R"("family": "unknown", "lat": 1, "lon": 1, "radius_m": 1)"), "family"),
          std::pair(std::string(R"("family": "vezet", "lat": 90.1, "lon": 1, "radius_m": 1)"), "lat"),
          std::pair(std::string(R"("family": "vezet", "lat": 1, "lon": -180.1, "radius_m": 1)"), "lon"),
          std::pair(std::string(R"("family": "vezet", "lat": 1, "lon": "1", "radius_m": 1)"), "lon"),
          std::pair(std::string(R"("family": "vezet", "lat": 1, "lon": 1, "radius_m": 0)"), "radius_m"),
          std::pair(std::string(R"("family": "vezet", "lat": 1, "lon": 1, "radius_m": 50001)"), "radius_m"),
          std::pair(std::string(R"("family": "vezet", "lat": 1, "lon": 1)"), "radius_m")}) {
        const Answer answer = ask(fields);
        EXPECT_EQ(answer.status, 400) << fields;
        EXPECT_EQ(answer.field(), field) << fields;
    }
}

}  // namespace
}  // namespace twinfleet::driver_positions
