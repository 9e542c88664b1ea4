// `create-child driver`.
#include "tests/end_to_end/installation.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class CreationTest : public EndToEndTest {
protected:
    CreationTest() {
        installation_.enable_cities({"Chicago"});
        installation_.put(park_with_drivers(park("one", "Chicago"), 3));
        installation_.put(park_with_drivers(park("unmirrored", "Paris"), 1));
        EXPECT_THAT(installation_.run({"run", "parks"}), EndsWith(0));
    }

    Ended create(const std::string& parent_id) const { return installation_.run(arguments(parent_id)); }
    static std::vector<std::string> arguments(const std::string& parent_id) {
        return {"create-child", "driver", "--family", "vezet", "--parent-id", parent_id, "--json"};
    }

    std::size_t children_of(const std::string& entity, const std::string& field, const std::string& parent_id) const {
        std::size_t found = 0;
        for (const bson::Document& document : installation_.documents(entity)) {
            const auto value = document.view().find(field);
            found += value && value->is_string() && value->string() == parent_id ? 1U : 0U;
        }
        return found;
    }

    std::size_t profiles_of(const std::string& child_id) const {
        std::size_t found = 0;
        for (const bson::Document& record : installation_.documents("unique_drivers")) {
            const auto profiles = record.view().find("profiles");
            for (const bson::Element& profile : profiles.value().document()) {
                const auto id = profile.document().find("driver_id");
                found += id && id->is_string() && id->string() == child_id ? 1U : 0U;
            }
        }
        return found;
    }

    void expect_refused(const std::string& parent_id, const std::string& code) {
        const auto before = installation_.everything();
        const Ended ended = create(parent_id);
        EXPECT_THAT(ended, EndsWith(1));
        EXPECT_THAT(ended.out + ended.error, HasSubstr(code));
        EXPECT_EQ(installation_.everything(), before);
    }
};

TEST_F(CreationTest, MakesTheDriverWithHisCarAndRuleOnceAndForAll) {
    // Neither the rules job nor the cars job has run.
    const Ended first = create("one-driver-1");

    ASSERT_THAT(first, EndsWith(0));
    const auto made = testing::json_object(first.out);
    EXPECT_THAT(testing::keys_of(made),
                UnorderedElementsAre("family", "driver_id", "park_id", "car_id", "rule_id", "created"));
    EXPECT_EQ(made.at("created"), boost::json::value(true));
    EXPECT_EQ(text(made, "driver_id"), installation_.child_id("drivers", "one-driver-1"));
    EXPECT_EQ(text(made, "park_id"), installation_.child_id("parks", "one"));
    EXPECT_EQ(text(made, "car_id"), installation_.child_id("cars", "one-car-1"));
    EXPECT_EQ(text(made, "rule_id"), installation_.child_id("work_rules", "one-rule-1"));
    EXPECT_EQ(installation_.link_state("drivers", "one-driver-1"), "linked");
    EXPECT_EQ(installation_.link_state("drivers", "one-driver-2"), "");
    EXPECT_EQ(profiles_of(text(made, "driver_id")), 1U);

    const Ended second = create("one-driver-1");

    ASSERT_THAT(second, EndsWith(0));
    auto again = testing::json_object(second.out);
    EXPECT_EQ(again.at("created"), boost::json::value(false));
    again["created"] = true;
    EXPECT_EQ(again, made);
    EXPECT_EQ(profiles_of(text(made, "driver_id")), 1U);

    ASSERT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    Expectations expectations = installation_.expectations();
    expectations.asked_for = {{"drivers", "one-driver-1"}, {"cars", "one-car-1"}};
    EXPECT_THAT(installation_.violations(expectations), IsEmpty());
}

TEST_F(CreationTest, ADriverWithoutCarHasNone) {
    installation_.put("drivers", "one-driver-1", R"({"car_id": null})");

    const Ended ended = create("one-driver-1");

    ASSERT_THAT(ended, EndsWith(0));
    EXPECT_TRUE(testing::json_object(ended.out).at("car_id").is_null());
}

TEST_F(CreationTest, TwentyAtOnceMakeOneChild) {
    std::vector<Program> programs;
    for (int index = 0; index < 20; ++index) {
        programs.push_back(installation_.start(arguments("one-driver-1")));
    }

    std::set<std::string> answers;
    int made = 0;
    for (Program& program : programs) {
        const Ended ended = program.wait();
        ASSERT_THAT(ended, EndsWith(0));
        auto answer = testing::json_object(ended.out);
        made += answer.at("created").as_bool() ? 1 : 0;
        answer.erase("created");
        answers.insert(boost::json::serialize(answer));
    }

    EXPECT_EQ(answers.size(), 1U);
    EXPECT_EQ(made, 1);
    EXPECT_EQ(children_of("drivers", "parent_driver_id", "one-driver-1"), 1U);
    EXPECT_EQ(children_of("cars", "parent_car_id", "one-car-1"), 1U);
    EXPECT_EQ(children_of("work_rules", "parent_rule_id", "one-rule-1"), 1U);
    EXPECT_EQ(profiles_of(installation_.child_id("drivers", "one-driver-1")), 1U);
    ASSERT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(CreationTest, DriversOfOneLicenceShareItsRecord) {
    // The licences differ in spelling only.
    installation_.put("drivers", "one-driver-1", R"({"license": {"number": "77 ab-123456"}})");
    installation_.put("drivers", "one-driver-2", R"({"license": {"number": "77АВ123456"}})");

    for (const char* id : {"one-driver-1", "one-driver-2"}) {
        ASSERT_THAT(create(id), EndsWith(0));
        EXPECT_EQ(profiles_of(installation_.child_id("drivers", id)), 1U);
    }

    std::size_t records = 0;
    for (const bson::Document& record : installation_.documents("unique_drivers")) {
        records += field(record, "license") == R"("77AB123456")" ? 1U : 0U;
    }
    EXPECT_EQ(records, 1U);
}

TEST_F(CreationTest, RefusesWhatCannotHaveAChild) {
    expect_refused("nobody", "driver_not_found");
    expect_refused("unmirrored-driver-1", "park_not_mirrored");
    installation_.put("drivers", "one-driver-2", R"({"work_status": "fired"})");
    expect_refused("one-driver-2", "driver_not_working");
    ASSERT_THAT(create("one-driver-1"), EndsWith(0));
    expect_refused(installation_.child_id("drivers", "one-driver-1"), "driver_is_child");
}

TEST_F(CreationTest, RefusesADriverThatCannotBeMirroredWithTheReason) {
    installation_.put("drivers", "one-driver-1", R"({"park_id": 7})");

    const Ended ended = create("one-driver-1");

    EXPECT_THAT(ended, EndsWith(1));
    EXPECT_THAT(ended.out + ended.error, HasSubstr("driver_quarantined"));
    EXPECT_THAT(ended.out + ended.error, HasSubstr("bad_field:park_id"));
}

}  // namespace
}  // namespace twinfleet::end_to_end
