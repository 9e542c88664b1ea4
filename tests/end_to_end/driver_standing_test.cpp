// Who may go on working in either app, whatever the mirror has copied so far.
#include <csignal>

#include "tests/end_to_end/driver_side.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class DriverStanding : public DriverSide {
protected:
    void SetUp() override {
        installation_.put(park_with_drivers(park("one", "Chicago"), 3));
        EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));
        serve("cache: {recheck_interval_ms: 300}\n");
        for (const std::string id : {"one-driver-1", "one-driver-2", "one-driver-3"}) {
            await_in_cache(id);
        }
    }
    /// Logged in, and profile in the cache.
    App logged_in(const char* agent, const std::string& driver_id) {
        App app = this->app(agent);
        EXPECT_EQ(log_in(app, phone_of(driver_id)).status, 200);
        EXPECT_TRUE(reaches([&] { return app.profile().status == 200; }));
        return app;
    }
    [[nodiscard]] bool is_ended_soon(const App& app) {
        return reaches([&] { return app.profile().code() == "session_ended"; }, std::chrono::seconds(5));
    }
    [[nodiscard]] std::vector<std::string> nearby(const std::string& family) {
        const Answer answer = ask_as_service(
            "POST", "/v1/internal/drivers/nearby",
            R"({"lat":41.2,"lon":-87.6,"radius_m":5000,"statuses":["free","offline"],"family":")" + family + "\"}");
        EXPECT_EQ(answer.status, 200) << boost::json::serialize(answer.body);
        std::vector<std::string> ids;
        for (const auto& driver : answer.body.at("drivers").as_array()) {
            ids.push_back(text(driver.as_object(), "driver_id"));
        }
        return ids;
    }
};

TEST_F(DriverStanding, EndsWithTheParentWhileTheMirrorIsNotRunning) {
    const App fired = logged_in(vezet, "one-driver-1");
    const App removed = logged_in(vezet, "one-driver-2");
    const App stays = logged_in(vezet, "one-driver-3");
    synchronizer_.reset();
    installation_.put("drivers", "one-driver-1", R"({"work_status": "fired"})");
    installation_.erase("drivers", "one-driver-2");
    EXPECT_TRUE(is_ended_soon(fired));
    EXPECT_TRUE(reaches([&] { return removed.profile().code() == "session_ended"; }))
        << "by a recheck, as soon as the session is older than clocks may differ";
    EXPECT_EQ(stays.profile().status, 200);
    installation_.put("parks", "one", R"({"is_active": false})");
    EXPECT_TRUE(is_ended_soon(stays));
}

TEST_F(DriverStanding, ADocumentThatCannotBeReadEndsTheRightInBothAppsAndAfterAWarmStart) {
    const App in_main = logged_in(taximeter, "one-driver-1");
    const App in_vezet = logged_in(vezet, "one-driver-2");
    const App silent = logged_in(taximeter, "one-driver-3");
    const std::string phone = phone_of("one-driver-1");
    installation_.put("drivers", "one-driver-1", R"({"work_status": "fired", "phones": 5})");
    installation_.put("drivers", "one-driver-2", R"({"work_status": "fired", "license": 5})");
    EXPECT_TRUE(is_ended_soon(in_main));
    EXPECT_TRUE(is_ended_soon(in_vezet));
    // Nor can he log in anew: no code is sent to him, while others who ask after him get theirs.
    const std::size_t messages = messages_to(phone);
    EXPECT_EQ(app(vezet).start(phone).status, 200);
    EXPECT_THAT(verified(app(vezet), phone_of("one-driver-3")).parks, Not(IsEmpty()));
    EXPECT_EQ(messages_to(phone), messages);

    driver_protocol_->signal(SIGTERM);
    EXPECT_THAT(driver_protocol_->wait(), EndsWith(0));
    installation_.put("drivers", "one-driver-3", R"({"work_status": "fired", "car_id": 5})");
    serve_driver_protocol();
    EXPECT_EQ(silent.profile().code(), "session_ended") << "at the first request after the start";
}

TEST_F(DriverStanding, NobodyIsOfferedAsNearbyWhoIsOut) {
    const App out = logged_in(taximeter, "one-driver-1");
    const App fired = logged_in(taximeter, "one-driver-2");
    const App stays = logged_in(taximeter, "one-driver-3");
    for (const App* app : {&out, &fired, &stays}) {
        EXPECT_EQ(app->send_position(41.2, -87.6, std::chrono::seconds(1)).status, 200);
    }
    EXPECT_THAT(nearby("taximeter"), SizeIs(3));
    EXPECT_EQ(out.log_out().status, 204);
    EXPECT_THAT(nearby("taximeter"), Not(Contains("one-driver-1"))) << "at once";
    installation_.put("drivers", "one-driver-2", R"({"work_status": "fired"})");
    EXPECT_TRUE(reaches([&] { return nearby("taximeter").size() == 1; }, std::chrono::seconds(5)));
    installation_.put("parks", "one", R"({"is_active": false})");
    EXPECT_TRUE(reaches([&] { return nearby("taximeter").empty(); }, std::chrono::seconds(5)));
}

}  // namespace
}  // namespace twinfleet::end_to_end
