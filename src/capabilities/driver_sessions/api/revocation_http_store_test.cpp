#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_sessions/api/revocation_http.hpp"
#include "capabilities/driver_sessions/testing/driver_side.hpp"
#include "platform/json/bad_input.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_sessions {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class RevocationApiTest : public ::testing::Test, protected testing::DriverSide {
protected:
    /// Status and body; of a refusal the field and what was expected.
    std::string revoke(const std::string& body) {
        const auto& route = routes_.at(0);
        EXPECT_EQ(route.method + ' ' + route.pattern, "POST /v1/internal/sessions/revoke");
        EXPECT_EQ(route.access, api::Route::Access::service_token);
        EXPECT_TRUE(route.takes_body);
        try {
            const auto response = std::get<api::BlockingHandler>(route.handler)(
                {.request = {.method = route.method, .path = route.pattern, .body = body},
                 .request_id = "request-1",
                 .caller = "support"});
            return std::to_string(response.status) + ' ' + response.body;
        } catch (const json::BadInput& bad) {
            return "400 " + bad.field() + ": " + bad.what();
        }
    }

    const driver_apps::DriverApps apps_{std::vector<driver_apps::DriverApp>{
        {.family = "taximeter", .product = "Taximeter"}, {.family = "vezet", .product = "Taximeter-Vezet"}}};
    log::CapturingLogger log_;
    std::vector<std::string> forgotten_;
    const RevocationApi api_{.apps = apps_,
                             .sessions = sessions,
                             .directory = directory,
                             .forget_phone = [this](std::string_view of) { forgotten_.emplace_back(of); },
                             .log = log_,
                             .region = "RU"};
    const std::vector<api::Route> routes_ = revocation_routes(api_);
};

TEST_F(RevocationApiTest, EndsByEachSelectorAndCounts) {
    for (const char* selector : {R"("driver_id":"vezet_driver")", R"("park_id":"vezet_park")", R"("family":"vezet")"}) {
        const auto taximeter = begin("taximeter");
        const auto vezet = begin("vezet");
        EXPECT_EQ(revoke(std::string("{") + selector + R"(,"reason":"stolen"})"), R"(200 {"revoked":1})") << selector;
        EXPECT_EQ(find(vezet, "vezet"), "session_ended");
        EXPECT_EQ(find(taximeter, "taximeter"), "ok");
        EXPECT_EQ(revoke(std::string("{") + selector + R"(,"reason":"stolen"})"), R"(200 {"revoked":0})") << selector;
    }
}

TEST_F(RevocationApiTest, ReadsAPhoneAsALogInDoes) {
    for (const char* written : {"+79031234567", "8 (903) 123-45-67", "903 123-45-67"}) {
        const auto token = begin("taximeter");
        EXPECT_EQ(revoke(std::string(R"({"phone":")") + written + R"(","reason":"stolen"})"), R"(200 {"revoked":1})")
            << written;
        EXPECT_EQ(find(token, "taximeter"), "session_ended");
    }
    EXPECT_EQ(revoke(R"({"phone":"+99999999999","reason":"stolen"})"), R"(200 {"revoked":0})")
        << "a number that a profile may hold";
    EXPECT_THAT(revoke(R"({"phone":"stolen","reason":"stolen"})"), HasSubstr("400 phone: "));
    EXPECT_THAT(revoke(R"({"phone":"+79031234567890123","reason":"stolen"})"), HasSubstr("400 phone: "));
}

TEST_F(RevocationApiTest, OfAPhoneEndsLogInsAndIsToBeRepeatedWhileProfilesAreNotKnown) {
    static_cast<void>(revoke(R"({"driver_id":"vezet_driver","reason":"left"})"));
    EXPECT_TRUE(forgotten_.empty());
    EXPECT_EQ(revoke(R"({"phone":"+79031234567","reason":"stolen"})"), R"(200 {"revoked":0})");
    EXPECT_EQ(forgotten_, std::vector<std::string>{"+79031234567"});
    const auto token = begin("taximeter");
    directory.set_stale(true);
    EXPECT_EQ(revoke(R"({"phone":"+79031234567","reason":"stolen"})").substr(0, 3), "503");
    EXPECT_EQ(find(token, "taximeter"), "session_ended") << "what is known of is over all the same";
}

TEST_F(RevocationApiTest, TakesExactlyOneSelectorAndAReason) {
    const auto token = begin("vezet");
    EXPECT_THAT(revoke(R"({"reason":"stolen"})"), HasSubstr("400 : expected one of"));
    EXPECT_THAT(revoke(R"({"driver_id":"vezet_driver","park_id":"vezet_park","reason":"stolen"})"),
                HasSubstr("400 park_id: "));
    EXPECT_THAT(revoke(R"({"driver_id":"vezet_driver"})"), HasSubstr("400 reason: "));
    EXPECT_THAT(revoke(R"({"driver_id":"vezet_driver","reason":""})"), HasSubstr("400 reason: "));
    EXPECT_THAT(revoke(R"({"driver_id":"vezet_driver","reason":")" + std::string(201, 'a') + "\"}"),
                HasSubstr("400 reason: "));
    std::string cyrillic;
    for (int i = 0; i < 200; ++i) {
        cyrillic += "ж";
    }
    EXPECT_EQ(revoke(R"({"driver_id":"nobody","reason":")" + cyrillic + "\"}"), R"(200 {"revoked":0})");
    EXPECT_THAT(revoke(R"({"driver_id":"nobody","reason":")" + cyrillic + "ж\"}"), HasSubstr("400 reason: "));
    EXPECT_THAT(revoke(R"({"driver_id":"","reason":"stolen"})"), HasSubstr("400 driver_id: "));
    EXPECT_THAT(revoke(R"({"driver_id":1,"reason":"stolen"})"), HasSubstr("400 driver_id: "));
    EXPECT_THAT(revoke(R"({"driver_id":"vezet_driver","reason":"stolen","city_id":"Chicago"})"),
                HasSubstr("400 city_id: "));
    EXPECT_THAT(revoke(R"({"family":"vezzet","reason":"stolen"})"), HasSubstr("400 family: "));
    EXPECT_EQ(find(token, "vezet"), "ok");
}

TEST_F(RevocationApiTest, IsLoggedWithWhoAndWhyButNoPhone) {
    static_cast<void>(begin("vezet"));
    static_cast<void>(revoke(R"({"phone":"+79031234567","reason":"stolen, call 8 903 123-45-67, park 12"})"));
    static_cast<void>(revoke(R"({"park_id":"vezet_park","reason":"left on 1 May 2026"})"));
    const auto entries = log_.entries("sessions were revoked");
    ASSERT_THAT(entries, SizeIs(2));
    const auto& by_phone = entries[0].fields;
    EXPECT_EQ(by_phone.at("caller"), "support");
    EXPECT_EQ(by_phone.at("by"), "phone");
    EXPECT_EQ(by_phone.at("id"), "+7********67");
    EXPECT_EQ(by_phone.at("reason"), "stolen, call * *** ***-**-**, park **");
    EXPECT_EQ(by_phone.at("revoked"), "1");
    EXPECT_EQ(by_phone.at("request_id"), "request-1");
    const auto& by_park = entries[1].fields;
    EXPECT_EQ(by_park.at("id"), "vezet_park");
    EXPECT_EQ(by_park.at("reason"), "left on 1 May 2026");
}

}  // namespace
}  // namespace twinfleet::driver_sessions
