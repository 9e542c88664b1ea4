#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/api/cache_http.hpp"
#include "capabilities/driver_cache/api/retrieve_http.hpp"
#include "capabilities/driver_cache/testing/fake_fleet_directory.hpp"
#include "platform/json/bad_input.hpp"

namespace twinfleet::driver_cache {
namespace {

http::Response answer(const std::vector<api::Route>& routes, const std::string& path, const std::string& body,
                      const std::string& query = {}) {
    for (const auto& route : routes) {
        if (route.pattern == path) {
            api::Call call;
            call.request.body = body;
            call.request.query = query;
            return std::get<api::BlockingHandler>(route.handler)(call);
        }
    }
    throw std::logic_error("no such route");
}

class Retrieve : public ::testing::Test {
protected:
    [[nodiscard]] http::Response post(const std::string& what, const std::string& body) const {
        return answer(retrieve_routes(directory_), "/v1/internal/" + what + "/retrieve", body);
    }
    [[nodiscard]] std::string refused_field(const std::string& body) const {
        try {
            static_cast<void>(post("drivers", body));
        } catch (const json::BadInput& bad) {
            return bad.field();
        }
        return "none";
    }

    testing::FakeFleetDirectory directory_;
};

TEST_F(Retrieve, ShowsDriversInTheOrderAskedFor) {
    directory_.put(Driver{.id = "d1",
                          .park_id = "p",
                          .first_name = "Анна",
                          .last_name = "Петрова",
                          .phones = {"+79000000001"},
                          .license = "A1234",
                          .work_status = WorkStatus::working,
                          .car_id = "c",
                          .rule_id = "r",
                          .parent_driver_id = "parent",
                          .created_at_ms = 5});
    directory_.put(Driver{.id = "d2", .park_id = "p"});
    const auto response = post("drivers", R"({"ids": ["d2", "nobody", "d1", "d2"]})");
    EXPECT_EQ(response.status, 200);
    const auto bare = boost::json::parse(R"({"id": "d2", "found": true, "driver": {"id": "d2", "park_id": "p",
        "first_name": "", "last_name": "", "phones": [], "license": null, "work_status": "other", "car_id": null,
        "rule_id": null, "parent_driver_id": null}})");
    const auto whole = boost::json::parse(R"({"id": "d1", "found": true, "driver": {"id": "d1", "park_id": "p",
        "first_name": "Анна", "last_name": "Петрова", "phones": ["+79000000001"], "license": "A1234",
        "work_status": "working", "car_id": "c", "rule_id": "r", "parent_driver_id": "parent"}})");
    const auto missing = boost::json::parse(R"({"id": "nobody", "found": false})");
    EXPECT_EQ(boost::json::parse(response.body).at("items"), (boost::json::array{bare, missing, whole, bare}));
}

TEST_F(Retrieve, ShowsCars) {
    directory_.put(Car{.id = "c",
                       .park_id = "p",
                       .number = "A001AA",
                       .callsign = "7",
                       .brand = "Kia",
                       .model = "Rio",
                       .color = "white",
                       .status = "working",
                       .year = 2019});
    const auto response = post("cars", R"({"ids": ["c"]})");
    EXPECT_EQ(boost::json::parse(response.body), boost::json::parse(R"({"items": [{"id": "c", "found": true, "car": {
        "id": "c", "park_id": "p", "number": "A001AA", "callsign": "7", "brand": "Kia", "model": "Rio",
        "color": "white", "status": "working", "year": 2019}}]})"));
}

TEST_F(Retrieve, RefusesWhatItDoesNotKnow) {
    std::string many = R"({"ids": ["a")";
    for (int i = 0; i < 1'000; ++i) {
        many += R"(,"a")";
    }
    EXPECT_EQ(refused_field(many + "]}"), "ids");
    EXPECT_EQ(refused_field(R"({"ids": []})"), "ids");
    EXPECT_EQ(refused_field(R"({"ids": ["a", 1]})"), "ids[1]");
    EXPECT_EQ(refused_field(R"({"ids": ["a"], "park_id": "p"})"), "park_id");
    EXPECT_EQ(refused_field(R"({"ids": ["a"]})"), "none");
}

TEST_F(Retrieve, SaysThatItIsStale) {
    directory_.put(Driver{.id = "d", .park_id = "p"});
    directory_.set_stale(true);
    const auto response = post("drivers", R"({"ids": ["d"]})");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(boost::json::parse(response.body).at("code"), "cache_is_stale");
    ASSERT_EQ(response.headers.size(), 1U);
    EXPECT_EQ(response.headers[0].first, "Retry-After");
}

TEST(CacheRoutes, TellHowEachCacheIs) {
    const auto status = [] {
        return std::vector<CacheStatus>{
            {.cache = "drivers",
             .status = {.size = 3,
                        .bytes = 1'000,
                        .kept_aside = 1,
                        .lag_seconds = 0.5,
                        .last_incremental_at = platform::Time(std::chrono::milliseconds(1'500)),
                        .last_full_at = std::nullopt,
                        .is_filled = true,
                        .is_stale = false},
             .kept_aside = {{.id = "d", .reason = "bad_field:phones"}}},
            {.cache = "cars", .status = {}, .kept_aside = {}}};
    };
    const auto response = answer(cache_routes(status), "/v1/internal/cache", {});
    const auto body = boost::json::parse(response.body).as_object();
    EXPECT_EQ(body.at("drivers"), boost::json::parse(R"({"size": 3, "bytes": 1000, "lag_seconds": 0.5,
        "last_incremental_at": "1970-01-01T00:00:01.500Z", "last_full_at": null, "kept_aside": 1, "is_filled": true,
        "is_stale": false, "kept_aside_documents": [{"id": "d", "reason": "bad_field:phones"}]})"));
    EXPECT_TRUE(body.contains("cars"));
}

TEST(CacheRoutes, TakeNoParameters) {
    EXPECT_THROW(static_cast<void>(answer(cache_routes([] { return std::vector<CacheStatus>(); }), "/v1/internal/cache",
                                          {}, "cache=drivers")),
                 json::BadInput);
}

}  // namespace
}  // namespace twinfleet::driver_cache
