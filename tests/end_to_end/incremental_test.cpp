// Changes of parents after the first run.
#include <pqxx/pqxx>

#include "tests/end_to_end/installation.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Two mirrored parks of three drivers each, and one that is not mirrored.
class IncrementalTest : public EndToEndTest {
protected:
    IncrementalTest() {
        installation_.enable_cities({"Chicago"});
        installation_.put(park_with_drivers(park("one", "Chicago"), 3));
        installation_.put(park_with_drivers(park("two", "Chicago"), 3));
        installation_.put(park_with_drivers(park("unmirrored", "Paris"), 1));
        const Ended ended = installation_.run({"run", "all", "--create-missing"});
        EXPECT_THAT(ended, EndsWith(0));
    }

    void expect_in_step() { EXPECT_THAT(installation_.violations(), IsEmpty()); }
};

TEST_F(IncrementalTest, EditsOfEveryEntityArrive) {
    installation_.put("parks", "one", R"({"name": "Renamed", "is_active": false, "new_field": {"deep": [1, null]}})");
    installation_.remove_field("parks", "one", "comment");
    installation_.put("work_rules", "one-rule-1", R"({"commission": {"$numberDecimal": "7.50"}, "is_enabled": false})");
    installation_.put("cars", "one-car-1", R"({"color": "black", "amenities": [], "vin": "X1"})");
    installation_.put("drivers", "one-driver-1", R"({"phones": ["+79120000001"], "nested": null, "balance_limit": 5})");
    installation_.put("work_rules", work_rule("one-rule-3", "one"));

    const Ended ended = installation_.run({"run", "all", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    const auto jobs = by_job(ended.out);
    for (const char* job : {"parks", "work_rules", "cars", "drivers"}) {
        EXPECT_EQ(text(jobs.at(job), "mode"), "incremental");
        EXPECT_EQ(count(jobs.at(job), "updated"), 1) << job;
        EXPECT_EQ(count(jobs.at(job), "created"), std::string_view(job) == "work_rules" ? 1 : 0) << job;
    }
    EXPECT_EQ(field(installation_.child("parks", "one"), "comment"), "absent");
    EXPECT_EQ(field(installation_.child("cars", "one-car-1"), "color"), R"("black")");
    expect_in_step();
}

TEST_F(IncrementalTest, LoginOfAChildFollowsItsParent) {
    installation_.put("parks", "one", R"({"login": "new-login"})");

    EXPECT_THAT(installation_.run({"run", "parks"}), EndsWith(0));

    EXPECT_EQ(field(installation_.child("parks", "one"), "login"), R"("new-login-vezet")");
    expect_in_step();
}

TEST_F(IncrementalTest, NewCarsAndDriversStayOutUntilAskedFor) {
    installation_.put("cars", car("one-car-9", "one"));
    installation_.put("drivers", driver("one-driver-9", "one", "one-car-9", "one-rule-1"));

    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));

    EXPECT_EQ(installation_.link_state("cars", "one-car-9"), "");
    EXPECT_EQ(installation_.link_state("drivers", "one-driver-9"), "");
    expect_in_step();
}

TEST_F(IncrementalTest, NewCarAndRuleOfADriverComeWithHim) {
    installation_.put("cars", car("one-car-9", "one"));
    installation_.put("work_rules", work_rule("one-rule-9", "one"));
    installation_.put("drivers", "one-driver-1", R"({"car_id": "one-car-9", "rule_id": "one-rule-9"})");

    // The drivers job alone: nobody has made the car and the rule before.
    EXPECT_THAT(installation_.run({"run", "drivers"}), EndsWith(0));

    const bson::Document child = installation_.child("drivers", "one-driver-1");
    EXPECT_EQ(field(child, "car_id"), field(installation_.child("cars", "one-car-9"), "_id"));
    EXPECT_EQ(field(child, "rule_id"), field(installation_.child("work_rules", "one-rule-9"), "_id"));
    expect_in_step();
}

TEST_F(IncrementalTest, DriverMovesToAnotherMirroredPark) {
    const std::string child_id = installation_.child_id("drivers", "one-driver-1");
    installation_.put("drivers", "one-driver-1",
                      R"({"park_id": "two", "car_id": "two-car-1", "rule_id": "two-rule-2"})");

    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));

    EXPECT_EQ(installation_.child_id("drivers", "one-driver-1"), child_id);
    const bson::Document child = installation_.child("drivers", "one-driver-1");
    EXPECT_EQ(field(child, "park_id"), field(installation_.child("parks", "two"), "_id"));
    EXPECT_EQ(field(child, "car_id"), field(installation_.child("cars", "two-car-1"), "_id"));
    expect_in_step();
}

TEST_F(IncrementalTest, DriverInAnUnmirroredParkIsRetiredByAFullPassOnly) {
    installation_.put("drivers", "one-driver-1", R"({"park_id": "unmirrored", "car_id": "unmirrored-car-1"})");

    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    EXPECT_EQ(installation_.link_state("drivers", "one-driver-1"), "linked");
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-1"), "work_status"), R"("working")");

    const Ended ended = installation_.run({"run", "drivers", "--full", "--json"});
    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(count(by_job(ended.out).at("drivers"), "retired"), 1);
    EXPECT_EQ(installation_.link_state("drivers", "one-driver-1"), "retired");
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-1"), "work_status"), R"("fired")");
    expect_in_step();
}

TEST_F(IncrementalTest, VanishedParentsOfEveryEntityAreRetiredByAFullPassAndNoneIsRemoved) {
    installation_.erase("drivers", "one-driver-1");
    installation_.erase("cars", "one-car-1");
    installation_.erase("work_rules", "one-rule-1");
    const std::size_t links = installation_.links();

    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    EXPECT_EQ(installation_.link_state("drivers", "one-driver-1"), "linked");

    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-1"), "work_status"), R"("fired")");
    EXPECT_EQ(field(installation_.child("cars", "one-car-1"), "status"), R"("not_working")");
    EXPECT_EQ(field(installation_.child("work_rules", "one-rule-1"), "is_enabled"), "false");
    EXPECT_EQ(installation_.link_state("work_rules", "one-rule-1"), "retired");
    EXPECT_EQ(installation_.links(), links);

    installation_.erase("parks", "two");
    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    EXPECT_EQ(field(installation_.child("parks", "two"), "is_active"), "false");
    EXPECT_EQ(installation_.link_state("parks", "two"), "retired");
}

TEST_F(IncrementalTest, ParentThatComesBackBringsItsChildBack) {
    const std::string child_id = installation_.child_id("drivers", "one-driver-1");
    installation_.erase("drivers", "one-driver-1");
    ASSERT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    ASSERT_EQ(installation_.link_state("drivers", "one-driver-1"), "retired");

    installation_.put("drivers", driver("one-driver-1", "one", "one-car-1", "one-rule-2"));
    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));

    EXPECT_EQ(installation_.link_state("drivers", "one-driver-1"), "linked");
    EXPECT_EQ(installation_.child_id("drivers", "one-driver-1"), child_id);
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-1"), "work_status"), R"("working")");
    expect_in_step();
}

TEST_F(IncrementalTest, MassRetirementStopsAtTheBudgetAndSaysSo) {
    installation_.put(park_with_drivers(park("mass", "Chicago"), 24));
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    // 30 drivers are linked: 5 % of them is less than the 20 that are always allowed.
    for (int index = 1; index <= 24; ++index) {
        installation_.erase("drivers", "mass-driver-" + std::to_string(index));
    }
    installation_.erase("drivers", "one-driver-1");

    const Ended first = installation_.run({"run", "drivers", "--full", "--json"});

    EXPECT_THAT(first, EndsWith(1));
    EXPECT_EQ(count(by_job(first.out).at("drivers"), "retired"), 20);
    EXPECT_THAT(first.error, ContainsRegex("(^|[ \n])5 [^\n]*(held back|not retired)"));

    const Ended second = installation_.run({"run", "drivers", "--full", "--json"});
    EXPECT_THAT(second, EndsWith(0));
    EXPECT_EQ(count(by_job(second.out).at("drivers"), "retired"), 5);
    expect_in_step();
}

TEST_F(IncrementalTest, ReferencesThatAreNoIdsAreLeftOutAndCounted) {
    installation_.put("drivers", "one-driver-1", R"({"car_id": {"$oid": "507f1f77bcf86cd799439011"}})");
    installation_.put("drivers", "one-driver-2", R"({"car_id": ["one-car-2"], "rule_id": 7})");

    const Ended ended = installation_.run({"run", "all", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(count(by_job(ended.out).at("drivers"), "dangling_references"), 3);
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-1"), "car_id"), "absent");
    EXPECT_NE(field(installation_.child("drivers", "one-driver-1"), "rule_id"), "absent");
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-2"), "car_id"), "absent");
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-2"), "rule_id"), "absent");
    expect_in_step();
}

TEST_F(IncrementalTest, ReferencesThatLeadNowhereOrIntoAnotherParkAreLeftOutAndCounted) {
    installation_.put("drivers", "one-driver-1", R"({"car_id": "no-such-car"})");
    installation_.put("drivers", "one-driver-2", R"({"car_id": "two-car-1", "rule_id": "two-rule-1"})");
    installation_.put("drivers", "one-driver-3", R"({"car_id": null})");

    const Ended ended = installation_.run({"run", "all", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(count(by_job(ended.out).at("drivers"), "dangling_references"), 3);
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-1"), "car_id"), "absent");
    EXPECT_NE(field(installation_.child("drivers", "one-driver-1"), "rule_id"), "absent");
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-2"), "car_id"), "absent");
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-2"), "rule_id"), "absent");
    EXPECT_EQ(field(installation_.child("drivers", "one-driver-3"), "car_id"), "null");
    expect_in_step();
}

TEST_F(IncrementalTest, CarThatAppearsLaterIsFoundByTheFullPassAtTheLatest) {
    installation_.put("drivers", "one-driver-1", R"({"car_id": "one-car-9"})");
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    ASSERT_EQ(field(installation_.child("drivers", "one-driver-1"), "car_id"), "absent");
    installation_.put("cars", car("one-car-9", "one"));

    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));

    EXPECT_EQ(field(installation_.child("drivers", "one-driver-1"), "car_id"),
              field(installation_.child("cars", "one-car-9"), "_id"));
    expect_in_step();
}

TEST_F(IncrementalTest, CarThatMovesAwayIsLeftOutOfItsDriverByTheFullPassAtTheLatest) {
    installation_.put("cars", "one-car-1", R"({"park_id": "two"})");

    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));

    EXPECT_EQ(field(installation_.child("drivers", "one-driver-1"), "car_id"), "absent");
    EXPECT_EQ(field(installation_.child("cars", "one-car-1"), "park_id"),
              field(installation_.child("parks", "two"), "_id"));
    expect_in_step();
}

TEST_F(IncrementalTest, ParentsWithADateOrWithoutUpdateTimeAreMirroredToo) {
    installation_.put_as_is(
        "work_rules", work_rule("dated", "one", R"({"updated_ts": {"$date": {"$numberLong": "1700000000000"}}})"));
    installation_.put_as_is("work_rules", work_rule("timeless", "one"));

    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));

    EXPECT_EQ(installation_.link_state("work_rules", "dated"), "linked");
    EXPECT_EQ(installation_.link_state("work_rules", "timeless"), "linked");
    expect_in_step();
}

TEST_F(IncrementalTest, EditsWithADateArriveByTheIncrementalPass) {
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    installation_.put_as_is("work_rules", work_rule("dated", "one",
                                                    R"({"updated_ts": {"$date": {"$numberLong": ")" +
                                                        std::to_string(now.count()) + R"("}}})"));

    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));

    EXPECT_EQ(installation_.link_state("work_rules", "dated"), "linked");
    expect_in_step();
}

TEST_F(IncrementalTest, LostCursorsChangeNothing) {
    // The full pass finds the differences and writes only those (invariant 6).
    {
        pqxx::connection connection(postgres_.dsn());
        pqxx::nontransaction(connection).exec("DELETE FROM fleet_sync.job_cursors");
    }
    installation_.put("cars", "one-car-1", R"({"color": "black"})");

    const Ended ended = installation_.run({"run", "all", "--full", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    for (const auto& [job, line] : by_job(ended.out)) {
        EXPECT_EQ(count(line, "updated"), job == "cars" ? 1 : 0) << job;
        EXPECT_EQ(count(line, "created"), 0) << job;
    }
    expect_in_step();
}

}  // namespace
}  // namespace twinfleet::end_to_end
