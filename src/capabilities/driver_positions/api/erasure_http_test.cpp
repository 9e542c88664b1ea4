#include "capabilities/driver_positions/api/erasure_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/testing/fake_fleet_directory.hpp"
#include "capabilities/driver_positions/testing/fakes.hpp"
#include "platform/json/bad_input.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_positions {
namespace {

using driver_sessions::DriverKey;
using driver_sessions::redis_tag;

class ErasureApiTest : public ::testing::Test {
protected:
    /// Status and body; of a refusal the field.
    std::string erase(const std::string& id, const std::string& body) {
        const auto& route = routes_.at(0);
        EXPECT_EQ(route.method + ' ' + route.pattern, "POST /v1/internal/drivers/{id}/erase");
        EXPECT_EQ(route.access, api::Route::Access::service_token);
        try {
            const auto response = std::get<api::BlockingHandler>(route.handler)(
                {.request = {.method = route.method, .path = route.pattern, .body = body},
                 .request_id = "request-1",
                 .caller = "synchronizer",
                 .path_arguments = {{"id", id}}});
            return std::to_string(response.status) + ' ' + response.body;
        } catch (const json::BadInput& bad) {
            return "400 " + bad.field();
        }
    }
    void drive(const DriverKey& driver) {
        static_cast<void>(sessions_.begin(driver, "vezet", {}));
        statuses_.by_tag[redis_tag(driver)] = {.driver = driver, .family = "vezet"};
        const std::vector<Position> positions{{.point = {.lat = 56, .lon = 53}, .timestamp_ms = 1},
                                              {.point = {.lat = 56, .lon = 53}, .timestamp_ms = 2}};
        static_cast<void>(store_.add({.tag = redis_tag(driver), .family = "vezet"}, positions, platform::Time{}));
    }
    bool has_traces(const DriverKey& driver) {
        const std::string tag = redis_tag(driver);
        return statuses_.by_tag.contains(tag) || store_.data.with([&](const MemoryStore::Data& data) {
            return data.tracks.contains(tag) || data.latest.contains({"vezet", tag});
        });
    }

    using MemoryStore = testing::MemoryStore;
    const driver_apps::DriverApps apps_ = testing::test_apps();
    testing::FakeSessions sessions_;
    testing::FakeStatuses statuses_;
    MemoryStore store_;
    driver_cache::testing::FakeFleetDirectory directory_;
    log::CapturingLogger log_;
    const ErasureApi api_{.apps = apps_,
                          .sessions = sessions_,
                          .statuses = statuses_,
                          .store = store_,
                          .directory = directory_,
                          .log = log_};
    const std::vector<api::Route> routes_ = erasure_routes(api_);
};

TEST_F(ErasureApiTest, RemovesWhatThereIsOfTheDriverInTheParksThatAreNamed) {
    const DriverKey driver{.park_id = "park", .driver_id = "driver"};
    const DriverKey other{.park_id = "park", .driver_id = "other"};
    drive(driver);
    drive(other);
    EXPECT_EQ(erase("driver", R"({"park_ids":["park","another"]})"), R"(200 {"sessions":1,"positions":2})");
    EXPECT_FALSE(has_traces(driver));
    EXPECT_TRUE(has_traces(other));
    EXPECT_EQ(erase("driver", R"({"park_ids":["park"]})"), R"(200 {"sessions":0,"positions":0})");
    const auto entry = log_.entries("a driver was erased").at(0);
    EXPECT_EQ(entry.fields.at("caller"), "synchronizer");
    EXPECT_EQ(entry.fields.at("driver_id"), "driver");
}

TEST_F(ErasureApiTest, LooksIntoTheParkThatTheCacheHasHimIn) {
    const DriverKey driver{.park_id = "park", .driver_id = "driver"};
    directory_.put(driver_cache::Driver{.id = "driver", .park_id = "park"});
    drive(driver);
    EXPECT_EQ(erase("driver", R"({"park_ids":[]})"), R"(200 {"sessions":1,"positions":2})");
    EXPECT_FALSE(has_traces(driver));
}

TEST_F(ErasureApiTest, RefusesWhatIsNotAsTheContractSays) {
    EXPECT_EQ(erase("driver", "{}"), "400 park_ids");
    EXPECT_EQ(erase("driver", R"({"park_ids":[""]})"), "400 park_ids[0]");
    EXPECT_EQ(erase("driver", R"({"park_ids":[],"reason":"x"})"), "400 reason");
    EXPECT_EQ(erase(std::string(1'025, 'a'), R"({"park_ids":[]})"), "400 id");
}

}  // namespace
}  // namespace twinfleet::driver_positions
