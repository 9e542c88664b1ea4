// What ends sessions that nobody uses meanwhile.
#include "tests/end_to_end/driver_side.hpp"

namespace twinfleet::end_to_end {
namespace {

class DriverRevocation : public DriverSide {
protected:
    DriverRevocation() {
        installation_.put(park_with_drivers(park("one", "Chicago"), 2));
        EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));
        // The same after a restart, so that sessions still end with their phone.
        serve("login: {resend_after_s: 1, code_key: 0123456789abcdef0123456789abcdef}\n");
        await_in_cache("one-driver-1");
        await_in_cache("one-driver-2");
    }

    App logged_in(const char* user_agent, const std::string& driver_id) {
        App app = this->app(user_agent);
        const Answer answer = log_in(app, phone_of(driver_id));
        EXPECT_EQ(answer.status, 200) << boost::json::serialize(answer.body);
        EXPECT_TRUE(reaches([&] { return app.profile().status == 200; }));
        return app;
    }
    /// How many sessions were ended; the whole answer where it is another one.
    std::string revoke(const std::string& selector, const std::string& id) {
        const Answer answer = ask_as_service("POST", "/v1/internal/sessions/revoke",
                                             R"({")" + selector + R"(":")" + id + R"(","reason":"a test"})");
        return answer.status == 200 ? std::to_string(count(answer.body, "revoked"))
                                    : boost::json::serialize(answer.body);
    }
    [[nodiscard]] static bool has_ended(const App& app) { return app.profile().code() == "session_ended"; }
    /// Until driver-protocol's cache holds the driver with this field.
    void await_driver(const std::string& driver_id, const std::string& field, const boost::json::value& value) {
        EXPECT_TRUE(reaches([&] {
            const Answer answer =
                ask_as_service("POST", "/v1/internal/drivers/retrieve", R"({"ids":[")" + driver_id + "\"]}");
            return answer.status == 200 && answer.body.at("items").as_array().at(0).at("driver").at(field) == value;
        })) << driver_id
            << ' ' << field;
    }
    void set_work_status(const std::string& driver_id, const std::string& status) {
        installation_.put("drivers", driver_id, R"({"work_status": ")" + status + "\"}");
        await_driver(driver_id, "work_status", boost::json::value(status));
    }
};

TEST_F(DriverRevocation, RevokedSessionsEndAtOnceAndStayEndedOverARestart) {
    const App first = logged_in(taximeter, "one-driver-1");
    const App second = logged_in(vezet, "one-driver-1");
    const App other = logged_in(taximeter, "one-driver-2");
    const LoggedIn under_way = verified(app(vezet), phone_of("one-driver-2"));

    EXPECT_EQ(revoke("driver_id", "one-driver-1"), "1");
    EXPECT_TRUE(has_ended(first));
    EXPECT_FALSE(has_ended(second)) << "his child is another driver";
    EXPECT_FALSE(has_ended(other));

    EXPECT_EQ(revoke("family", "vezet"), "1");
    EXPECT_TRUE(has_ended(second));
    EXPECT_EQ(app(vezet).choose(under_way.login_token, under_way.parks.at(0)).code(), "login_token_expired");

    EXPECT_EQ(revoke("park_id", "one"), "1");
    serve_driver_protocol();
    for (const App* ended : {&first, &second, &other}) {
        EXPECT_TRUE(has_ended(*ended));
    }
    await_resend();
    EXPECT_FALSE(has_ended(logged_in(taximeter, "one-driver-1"))) << "what begins afterwards lives";
    EXPECT_EQ(revoke("phone", phone_of("one-driver-1")), "1");
}

TEST_F(DriverRevocation, ASilentSessionEndsWithAStopThatIsOver) {
    const App first = logged_in(taximeter, "one-driver-1");
    const App second = logged_in(vezet, "one-driver-1");
    const App other = logged_in(taximeter, "one-driver-2");
    // The child is judged by its parent, copied or not.
    synchronizer_.reset();
    set_work_status("one-driver-1", "fired");
    set_work_status("one-driver-1", "working");
    EXPECT_TRUE(has_ended(first));
    EXPECT_TRUE(has_ended(second));
    EXPECT_FALSE(has_ended(other));
}

TEST_F(DriverRevocation, ASilentSessionEndsWithAStopOverARestart) {
    const App app = logged_in(taximeter, "one-driver-1");
    set_work_status("one-driver-1", "not_working");
    serve_driver_protocol();
    set_work_status("one-driver-1", "working");
    EXPECT_TRUE(has_ended(app));
}

TEST_F(DriverRevocation, ASessionEndsWhenItsPhoneIsTakenOutOfTheProfile) {
    const App first = logged_in(taximeter, "one-driver-1");
    const App second = logged_in(vezet, "one-driver-1");
    const App other = logged_in(taximeter, "one-driver-2");
    installation_.put("drivers", "one-driver-1", R"({"phones": ["+79035550101"]})");
    EXPECT_TRUE(reaches([&] { return has_ended(first) && has_ended(second); }));
    EXPECT_FALSE(has_ended(other));
    EXPECT_FALSE(has_ended(logged_in(taximeter, "one-driver-1"))) << "with the new number";
}

}  // namespace
}  // namespace twinfleet::end_to_end
