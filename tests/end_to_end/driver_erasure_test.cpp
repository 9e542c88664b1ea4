// What becomes of drivers whose data is erased, and of parks that are retired although they live.
#include "tests/end_to_end/driver_side.hpp"

namespace twinfleet::end_to_end {
namespace {

class DriverErasure : public DriverSide {
protected:
    DriverErasure() {
        installation_.put(park_with_drivers(park("one", "Chicago"), 2));
        EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));
        serve("login: {resend_after_s: 1}\n");
        await_in_cache("one-driver-1");
    }

    App logged_in(const char* user_agent, const std::string& driver_id) {
        App app = this->app(user_agent);
        const Answer answer = log_in(app, phone_of(driver_id));
        EXPECT_EQ(answer.status, 200) << boost::json::serialize(answer.body);
        EXPECT_TRUE(reaches([&] { return app.profile().status == 200; }));
        return app;
    }
    Ended erase(const std::string& driver_id) {
        testing::Command command = installation_.command({"erase", "driver", "--parent-id", driver_id, "--json"});
        command.environment["FLEET_DRIVER_PROTOCOL_URL"] = "http://127.0.0.1:" + std::to_string(port_);
        command.environment["FLEET_SERVICE_TOKEN"] = Installation::token;
        return testing::run(command);
    }
    /// `linked retired`: the states of the changes of a driver's link since the beginning.
    std::string changes_of(const std::string& driver_id) {
        const Answer answer = ask_as_service(synchronizer_port_, "GET", "/v1/links/drivers/changes?limit=1000");
        std::string states;
        for (const auto& change : answer.body.at("changes").as_array()) {
            if (text(change.as_object(), "parent_id") == driver_id) {
                states += (states.empty() ? "" : " ") + text(change.as_object(), "state");
            }
        }
        return states;
    }
};

TEST_F(DriverErasure, RemovesHimFromBothAppsAndNothingBringsHimBack) {
    const App main_app = logged_in(taximeter, "one-driver-1");
    const App second_app = logged_in(vezet, "one-driver-1");
    EXPECT_EQ(main_app.send_position(41.9, -87.6, std::chrono::seconds(10)).status, 200);
    EXPECT_EQ(second_app.send_position(41.9, -87.6, std::chrono::seconds(10)).status, 200);
    EXPECT_EQ(second_app.send_position(41.9, -87.6, std::chrono::seconds(5)).status, 200);
    EXPECT_EQ(changes_of("one-driver-1"), "linked");

    const Ended ended = erase("one-driver-1");
    EXPECT_THAT(ended, EndsWith(0));
    const auto told = boost::json::parse(ended.out).as_object();
    const auto& removed = told.at("removed").as_object();
    EXPECT_EQ(count(removed, "children"), 1);
    EXPECT_EQ(count(removed, "sessions"), 2);
    EXPECT_EQ(count(removed, "positions"), 3);
    EXPECT_TRUE(told.at("problem").is_null()) << ended.out;

    EXPECT_EQ(main_app.profile().code(), "session_ended");
    EXPECT_EQ(second_app.profile().code(), "session_ended");
    const bson::Document child = installation_.child("drivers", "one-driver-1");
    for (const char* gone : {"first_name", "last_name", "phones", "license", "car_id"}) {
        EXPECT_EQ(field(child.view(), gone), "absent") << gone;
    }
    EXPECT_EQ(field(child.view(), "work_status"), R"("fired")");
    EXPECT_EQ(changes_of("one-driver-1"), "linked retired");

    // The parent changes, passes run, and he tries to get in.
    installation_.put("drivers", "one-driver-1", R"({"last_name": "Another"})");
    EXPECT_EQ(ask_as_service(synchronizer_port_, "POST", "/v1/children/drivers",
                             R"({"family":"vezet","parent_driver_id":"one-driver-1"})")
                  .code(),
              "driver_not_found");
    await_resend();
    App again = app(vezet);
    const LoggedIn log_in = verified(again, phone_of("one-driver-1"));
    for (const std::string& park : log_in.parks) {
        EXPECT_NE(again.choose(log_in.login_token, park).status, 200);
    }
    synchronizer_.reset();
    EXPECT_THAT(installation_.run({"run", "all", "--full", "--verify-children"}), EndsWith(0));
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-1").view(), "last_name"), "absent");
    EXPECT_EQ(installation_.link_state("drivers", "one-driver-1"), "retired");
    EXPECT_THAT(installation_.run({"verify"}), EndsWith(0));
}

TEST_F(DriverErasure, ARetiredParkLetsNobodyInUntilThatIsUndone) {
    const App second_app = logged_in(vezet, "one-driver-1");
    synchronizer_.reset();
    EXPECT_THAT(installation_.run({"retire", "--park", "one", "--family", "vezet"}), EndsWith(0));
    EXPECT_EQ(installation_.link_state("parks", "one"), "retired");
    EXPECT_EQ(installation_.link_state("drivers", "one-driver-1"), "retired");
    EXPECT_TRUE(reaches([&] { return second_app.profile().code() == "session_ended"; }));
    await_resend();
    EXPECT_TRUE(verified(app(vezet), phone_of("one-driver-1")).parks.empty());
    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    EXPECT_EQ(installation_.link_state("parks", "one"), "retired");

    EXPECT_THAT(installation_.run({"retire", "--park", "one", "--family", "vezet", "--undo"}), EndsWith(0));
    EXPECT_EQ(installation_.link_state("drivers", "one-driver-1"), "linked");
    EXPECT_THAT(installation_.run({"verify"}), EndsWith(0));
    await_resend();
    EXPECT_TRUE(reaches([&] { return verified(app(vezet), phone_of("one-driver-1")).parks.size() == 1; }));
}

}  // namespace
}  // namespace twinfleet::end_to_end
