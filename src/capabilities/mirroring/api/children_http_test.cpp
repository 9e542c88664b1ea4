#include "capabilities/mirroring/api/children_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/api_over_fakes.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto driver_of_vezet = R"({"family": "vezet", "parent_driver_id": "driver"})";

class ChildrenHttpTest : public ::testing::Test {
protected:
    testing::ApiAnswer create(const std::string& body = driver_of_vezet) const {
        return api_.post("/v1/children/drivers", body);
    }
    testing::ApiAnswer create_refused(CreationRefusal refusal, const std::string& reason = {}) {
        api_.creation = [refusal, reason](std::span<const domain::ParentId> ids) {
            return std::vector<CreationAnswer>(
                ids.size(), CreationRefused{refusal, reason, {{"driver", "found"}, {"park", "refused"}}});
        };
        return create();
    }
    testing::ApiAnswer create_failing(const std::exception_ptr& failure) {
        api_.creation = [failure](std::span<const domain::ParentId>) -> std::vector<CreationAnswer> {
            std::rethrow_exception(failure);
        };
        return create();
    }

    testing::ApiOverFakes api_;
};

TEST_F(ChildrenHttpTest, ThatAreMadeAre201) {
    std::vector<std::string> asked;
    api_.creation = [&](std::span<const domain::ParentId> ids) {
        for (const domain::ParentId& id : ids) {
            asked.push_back(id.value());
        }
        return std::vector<CreationAnswer>(ids.size(), ChildDriver{.family = domain::AppFamily{"vezet"},
                                                                   .driver_id = domain::ChildId("d"),
                                                                   .park_id = domain::ChildParkId("p"),
                                                                   .car_id = domain::ChildId("c"),
                                                                   .rule_id = std::nullopt,
                                                                   .created = true});
    };
    const auto made = create();
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.text,
              R"({"family":"vezet","driver_id":"d","park_id":"p","car_id":"c","rule_id":null,"created":true})");
    EXPECT_THAT(asked, ::testing::ElementsAre("driver"));
}

TEST_F(ChildrenHttpTest, ThatWereThereAre200) {
    api_.creation = [](std::span<const domain::ParentId> ids) {
        return std::vector<CreationAnswer>(ids.size(), ChildDriver{.family = domain::AppFamily{"vezet"},
                                                                   .driver_id = domain::ChildId("d"),
                                                                   .park_id = domain::ChildParkId("p"),
                                                                   .car_id = std::nullopt,
                                                                   .rule_id = domain::ChildId("r"),
                                                                   .created = false});
    };
    const auto found = create();
    EXPECT_EQ(found.status, 200);
    EXPECT_EQ(found.text,
              R"({"family":"vezet","driver_id":"d","park_id":"p","car_id":null,"rule_id":"r","created":false})");
}

TEST_F(ChildrenHttpTest, ThatAreRefusedHaveTheCodeOfTheContract) {
    for (const auto& [refusal, outcome] : {std::pair(CreationRefusal::driver_not_found, "404 driver_not_found"),
                                           {CreationRefusal::park_not_mirrored, "409 park_not_mirrored"},
                                           {CreationRefusal::driver_not_working, "409 driver_not_working"},
                                           {CreationRefusal::driver_is_child, "409 driver_is_child"},
                                           {CreationRefusal::driver_quarantined, "409 driver_quarantined"}}) {
        const auto answer = create_refused(refusal);
        EXPECT_EQ(answer.outcome(), outcome);
        EXPECT_NE(answer.at("message"), "");
        EXPECT_EQ(answer.detail("reason"), "none");
        EXPECT_EQ(answer.detail("steps"),
                  R"([{"step":"driver","outcome":"found"},{"step":"park","outcome":"refused"}])");
    }
}

TEST_F(ChildrenHttpTest, OfAQuarantinedDriverTellTheReason) {
    EXPECT_EQ(create_refused(CreationRefusal::driver_quarantined, "too_large").detail("reason"), "too_large");
}

TEST_F(ChildrenHttpTest, NameTheFieldThatIsWrong) {
    const std::string too_long(1'025, 'a');
    for (const auto& [body, field] :
         {std::pair<std::string, std::string>("{}", "family"),
          {R"({"family": "other", "parent_driver_id": "d"})", "family"},
          {R"({"family": "", "parent_driver_id": "d"})", "family"},
          {R"({"family": null, "parent_driver_id": "d"})", "family"},
          {R"({"family": "vezet"})", "parent_driver_id"},
          {R"({"family": "vezet", "parent_driver_id": 7})", "parent_driver_id"},
          {R"({"family": "vezet", "parent_driver_id": ""})", "parent_driver_id"},
          {R"({"family": "vezet", "parent_driver_id": "a\u0000"})", "parent_driver_id"},
          {R"({"family": "vezet", "parent_driver_id": ")" + too_long + "\"}", "parent_driver_id"},
          {R"({"family": "vezet", "parent_driver_id": "d", "x": 1})", "x"},
          {"[]", ""},
          {"{", ""},
          {"", ""}}) {
        const auto answer = create(body);
        EXPECT_EQ(answer.outcome(), "400 bad_request") << body;
        EXPECT_EQ(answer.detail("field"), field) << body;
    }
    EXPECT_EQ(api_.post("/v1/children/drivers?dry_run=true", driver_of_vezet).bad_field(), "400 dry_run");
}

TEST_F(ChildrenHttpTest, Are503WhileAStoreIsAway) {
    const auto answer = create_failing(testing::store_is_away());
    EXPECT_EQ(answer.outcome(), "503 unavailable");
    EXPECT_EQ(answer.headers.at("retry-after"), "1");
    EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
}

TEST_F(ChildrenHttpTest, TellNobodyButTheLogWhyTheyFailed) {
    const auto answer = create_failing(testing::mistake());
    EXPECT_EQ(answer.outcome(), "500 internal");
    EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
    EXPECT_EQ(api_.jobs.log.entries("a request failed").at(0).fields.find("reason")->second, "secret reason");
}

TEST(ChildrenHttp, Are503WhenTooManyRequestsWait) {
    const testing::ApiOverFakes api({.child_creator = {.requests_max = 0}});
    const auto answer = api.post("/v1/children/drivers", driver_of_vezet);
    EXPECT_EQ(answer.outcome(), "503 overloaded");
    EXPECT_EQ(answer.headers.at("retry-after"), "1");
}

}  // namespace
}  // namespace twinfleet::mirroring
