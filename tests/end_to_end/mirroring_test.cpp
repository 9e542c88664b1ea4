// First runs, and what comes into the mirror later.
#include "tests/end_to_end/installation.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class MirroringTest : public EndToEndTest {};

const std::set<std::string> keys_of_a_job{"job",
                                          "family",
                                          "mode",
                                          "dry_run",
                                          "read",
                                          "created",
                                          "created_with",
                                          "updated",
                                          "unchanged",
                                          "skipped",
                                          "retired",
                                          "quarantined",
                                          "dangling_references",
                                          "duration_s",
                                          "docs_per_s",
                                          "cpu_s",
                                          "lag_s"};

TEST_F(MirroringTest, FirstRunMirrorsTheParksOfEnabledCitiesWithTheirRules) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 2));
    installation_.put(park_with_drivers(park("chicago-2", "Chicago"), 1));
    installation_.put(park_with_drivers(park("paris-1", "Paris"), 1));

    const Ended ended = installation_.run({"run", "all", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    const auto jobs = by_job(ended.out);
    EXPECT_EQ(count(jobs.at("parks"), "created"), 2);
    EXPECT_EQ(count(jobs.at("work_rules"), "created"), 4);
    EXPECT_EQ(count(jobs.at("cars"), "created"), 0);
    EXPECT_EQ(count(jobs.at("drivers"), "created"), 0);
    EXPECT_EQ(installation_.link_state("parks", "chicago-1"), "linked");
    EXPECT_EQ(installation_.link_state("parks", "paris-1"), "");
    EXPECT_EQ(installation_.link_state("work_rules", "paris-1-rule-1"), "");
    EXPECT_EQ(installation_.link_state("drivers", "chicago-1-driver-1"), "");
    EXPECT_EQ(installation_.links(), 6U);
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(MirroringTest, CreateMissingMakesCarsAndDriversButNoFiredOnes) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 3));
    installation_.put("drivers", "chicago-1-driver-2", R"({"work_status": "fired"})");
    installation_.put("drivers", "chicago-1-driver-3", R"({"work_status": "not_working"})");

    const Ended ended = installation_.run({"run", "all", "--create-missing", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(count(by_job(ended.out).at("drivers"), "created"), 2);
    EXPECT_EQ(installation_.link_state("drivers", "chicago-1-driver-1"), "linked");
    EXPECT_EQ(installation_.link_state("drivers", "chicago-1-driver-2"), "");
    EXPECT_EQ(installation_.link_state("drivers", "chicago-1-driver-3"), "linked");
    EXPECT_EQ(installation_.link_state("cars", "chicago-1-car-2"), "linked");
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(MirroringTest, DriverThatIsFiredLaterStaysInStep) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 1));
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    installation_.put("drivers", "chicago-1-driver-1", R"({"work_status": "fired"})");

    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));

    EXPECT_EQ(field(installation_.child("drivers", "chicago-1-driver-1"), "work_status"), R"("fired")");
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(MirroringTest, ASecondRunFindsNothingToDo) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 3));
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    const auto before = installation_.everything();

    for (const char* mode : {"", "--full"}) {
        std::vector<std::string> arguments{"run", "all", "--create-missing", "--json"};
        if (*mode != '\0') {
            arguments.emplace_back(mode);
        }
        const Ended ended = installation_.run(arguments);

        EXPECT_THAT(ended, EndsWith(0));
        for (const auto& [job, line] : by_job(ended.out)) {
            for (const char* key : {"created", "updated", "retired", "quarantined", "dangling_references"}) {
                EXPECT_EQ(count(line, key), 0) << job << " " << key << " " << mode;
            }
            EXPECT_GT(count(line, "unchanged"), 0) << job << " " << mode;
        }
    }

    const auto after = installation_.everything();
    for (const char* collection : {"dbparks.parks", "dbparks.work_rules", "dbcars.cars", "dbdrivers.drivers"}) {
        EXPECT_EQ(after.at(collection), before.at(collection)) << collection;
    }
}

TEST_F(MirroringTest, RunSaysWhatTheContractNamesAndNothingElse) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 1));

    const Ended ended = installation_.run({"run", "all", "--full", "--json"});

    ASSERT_THAT(ended, EndsWith(0));
    std::vector<std::string> jobs;
    for (const auto& line : testing::json_lines(ended.out)) {
        EXPECT_EQ(testing::keys_of(line), keys_of_a_job);
        jobs.push_back(text(line, "job"));
        EXPECT_EQ(text(line, "family"), "vezet");
        EXPECT_EQ(text(line, "mode"), "full");
        EXPECT_EQ(line.at("dry_run"), boost::json::value(false));
        for (const char* key : {"duration_s", "docs_per_s", "cpu_s", "lag_s"}) {
            EXPECT_TRUE(line.at(key).is_number()) << key;
        }
    }
    EXPECT_THAT(jobs, ElementsAre("parks", "work_rules", "cars", "drivers"));
    EXPECT_THAT(ended.error, HasSubstr("users")) << "that the users job is left out has to be said";
}

TEST_F(MirroringTest, JobsRunInDependencyOrderWhateverTheOrderOnTheCommandLine) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 1));

    const Ended ended = installation_.run({"run", "work_rules", "parks", "--json"});

    ASSERT_THAT(ended, EndsWith(0));
    EXPECT_EQ(count(by_job(ended.out).at("work_rules"), "created"), 2);
}

TEST_F(MirroringTest, ChildrenAreWhatTheContractSays) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 1));
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));

    const bson::Document park = installation_.child("parks", "chicago-1");
    const std::string park_id = field(park, "_id");
    EXPECT_EQ(field(park, "fleet_type"), R"("vezet")");
    EXPECT_EQ(field(park, "parent_park_id"), R"("chicago-1")");
    EXPECT_EQ(field(park, "login"), R"("login-chicago-1-vezet")");
    EXPECT_EQ(field(park, "api_keys"), "absent");
    EXPECT_EQ(field(park, "integrations"), "absent");
    EXPECT_EQ(field(park, "name"), R"("Park chicago-1")");

    const bson::Document rule = installation_.child("work_rules", "chicago-1-rule-1");
    EXPECT_EQ(field(rule, "park_id"), park_id);
    EXPECT_EQ(field(rule, "parent_rule_id"), R"("chicago-1-rule-1")");

    const bson::Document car = installation_.child("cars", "chicago-1-car-1");
    EXPECT_EQ(field(car, "park_id"), park_id);
    EXPECT_EQ(field(car, "parent_car_id"), R"("chicago-1-car-1")");

    const bson::Document driver = installation_.child("drivers", "chicago-1-driver-1");
    EXPECT_EQ(field(driver, "park_id"), park_id);
    EXPECT_EQ(field(driver, "car_id"), field(car, "_id"));
    EXPECT_EQ(field(driver, "rule_id"), field(rule, "_id"));
    EXPECT_EQ(field(driver, "parent_driver_id"), R"("chicago-1-driver-1")");
    EXPECT_EQ(driver.view().find("balance").value().integer(), 0);
    EXPECT_EQ(field(driver, "balance_limit"),
              field(installation_.document("drivers", "chicago-1-driver-1").value(), "balance_limit"));
    EXPECT_EQ(field(driver, "device_tokens"), "absent");
    EXPECT_EQ(field(driver, "password_hash"), "absent");

    // What nobody listed is copied bit for bit, whatever its type.
    const bson::Document parent = installation_.document("cars", "chicago-1-car-1").value();
    for (const char* key :
         {"comment", "serial", "share", "price", "pattern", "object", "bytes", "nothing", "nested", "modified_date"}) {
        EXPECT_NE(field(parent, key), "absent");
        EXPECT_EQ(field(car, key), field(parent, key)) << key;
    }
    EXPECT_NE(field(car, "created_date"), field(parent, "created_date"));
}

TEST_F(MirroringTest, LoginThatIsTakenGetsDigitsOfTheChildsId) {
    installation_.enable_cities({"Chicago"});
    installation_.put("parks", park("other", "Paris", R"({"login": "login-chicago-1-vezet"})"));
    installation_.put("parks", park("chicago-1", "Chicago"));

    ASSERT_THAT(installation_.run({"run", "parks"}), EndsWith(0));

    const std::string child_id = installation_.child_id("parks", "chicago-1");
    EXPECT_EQ(field(installation_.child("parks", "chicago-1"), "login"),
              R"("login-chicago-1-vezet-)" + child_id.substr(0, 6) + R"(")");
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(MirroringTest, BalanceOfAChildIsItsOwn) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 1));
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    const std::string child_id = installation_.child_id("drivers", "chicago-1-driver-1");
    installation_.edit("drivers", child_id, R"({"balance": 77})");
    installation_.put("drivers", "chicago-1-driver-1", R"({"balance": 500, "last_name": "Renamed"})");

    ASSERT_THAT(installation_.run({"run", "drivers"}), EndsWith(0));
    ASSERT_THAT(installation_.run({"run", "drivers", "--full", "--verify-children"}), EndsWith(0));

    const bson::Document child = installation_.child("drivers", "chicago-1-driver-1");
    EXPECT_EQ(child.view().find("balance").value().integer(), 77);
    EXPECT_EQ(field(child, "last_name"), R"("Renamed")");
}

TEST_F(MirroringTest, CitySwitchedOnLaterBringsAllItsParksAndTheirRules) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 1));
    installation_.put(park_with_drivers(park("paris-1", "Paris"), 1));
    installation_.put(park_with_drivers(park("paris-2", "Paris"), 1));
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    ASSERT_EQ(installation_.link_state("parks", "paris-1"), "");
    installation_.enable_cities({"Chicago", "Paris"});

    const Ended ended = installation_.run({"run", "all", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(count(by_job(ended.out).at("parks"), "created"), 2);
    EXPECT_EQ(count(by_job(ended.out).at("work_rules"), "created"), 4);
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(MirroringTest, ParkLinkedLateGetsRulesThatTheCursorHasPassed) {
    // An hour old, as Timestamp and as Date: far behind the overlap of the cursor.
    const auto hour_ago =
        std::chrono::duration_cast<std::chrono::seconds>((std::chrono::system_clock::now() - 1h).time_since_epoch())
            .count();
    const std::string timestamp =
        R"({"updated_ts": {"$timestamp": {"t": )" + std::to_string(hour_ago) + R"(, "i": 1}}})";
    const std::string date =
        R"({"updated_ts": {"$date": {"$numberLong": ")" + std::to_string(hour_ago * 1000) + R"("}}})";
    installation_.enable_cities({"Chicago"});
    installation_.put_as_is("parks", park("paris-1", "Paris", timestamp));
    installation_.put_as_is("work_rules", work_rule("paris-1-rule-1", "paris-1", timestamp));
    installation_.put_as_is("work_rules", work_rule("paris-1-rule-2", "paris-1", date));
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 0));
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    ASSERT_EQ(installation_.link_state("work_rules", "paris-1-rule-1"), "");

    // Linked late by an edit of its own, not by a change of the configuration.
    installation_.put("parks", "paris-1", R"({"city_id": "Chicago"})");
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(0));

    EXPECT_EQ(installation_.link_state("work_rules", "paris-1-rule-1"), "linked");
    EXPECT_EQ(installation_.link_state("work_rules", "paris-1-rule-2"), "linked");
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(MirroringTest, LinkedParkStaysInStepWhenItsCityIsSwitchedOff) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 1));
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    installation_.enable_cities({});
    installation_.put("parks", "chicago-1", R"({"name": "Renamed"})");
    installation_.put("work_rules", work_rule("chicago-1-rule-3", "chicago-1"));

    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    ASSERT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));

    EXPECT_EQ(field(installation_.child("parks", "chicago-1"), "name"), R"("Renamed")");
    EXPECT_EQ(installation_.link_state("work_rules", "chicago-1-rule-3"), "linked");
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(MirroringTest, RunLimitedToAParkOrACityLeavesTheOthersAlone) {
    installation_.enable_cities({"Chicago", "Paris", "Rome"});
    for (const char* id : {"chicago-1", "chicago-2"}) {
        installation_.put(park_with_drivers(park(id, "Chicago"), 1));
    }
    installation_.put(park_with_drivers(park("paris-1", "Paris"), 1));
    installation_.put(park_with_drivers(park("rome-1", "Rome"), 1));

    ASSERT_THAT(installation_.run({"run", "all", "--create-missing", "--park", "chicago-1"}), EndsWith(0));
    EXPECT_EQ(installation_.link_state("drivers", "chicago-1-driver-1"), "linked");
    EXPECT_EQ(installation_.links(), 5U);

    ASSERT_THAT(installation_.run({"run", "all", "--create-missing", "--city", "Paris"}), EndsWith(0));
    EXPECT_EQ(installation_.link_state("drivers", "paris-1-driver-1"), "linked");
    EXPECT_EQ(installation_.links(), 10U);

    // The cursor has not run ahead of what was left out.
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    EXPECT_EQ(installation_.links(), 20U);
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(MirroringTest, LinksAreToldForParentsChildrenAndStrangers) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 1));
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    const std::string child_id = installation_.child_id("parks", "chicago-1");

    const Ended of_parent = installation_.run({"links", "get", "parks", "chicago-1", "--json"});
    ASSERT_THAT(of_parent, EndsWith(0));
    const auto parent = testing::json_object(of_parent.out);
    EXPECT_THAT(testing::keys_of(parent), UnorderedElementsAre("entity", "id", "role", "links"));
    EXPECT_EQ(text(parent, "entity"), "parks");
    EXPECT_EQ(text(parent, "id"), "chicago-1");
    EXPECT_EQ(text(parent, "role"), "parent");
    ASSERT_EQ(parent.at("links").as_array().size(), 1U);
    const auto& link = parent.at("links").as_array().front().as_object();
    EXPECT_THAT(testing::keys_of(link),
                UnorderedElementsAre("family", "id", "park_id", "state", "created_at", "synced_at"));
    EXPECT_EQ(text(link, "family"), "vezet");
    EXPECT_EQ(text(link, "id"), child_id);
    EXPECT_EQ(text(link, "park_id"), child_id);
    EXPECT_EQ(text(link, "state"), "linked");
    EXPECT_THAT(text(link, "created_at"), ::testing::MatchesRegex("....-..-..T..:..:......Z"));

    const auto child = testing::json_object(installation_.run({"links", "get", "parks", child_id, "--json"}).out);
    EXPECT_EQ(text(child, "role"), "child");
    ASSERT_EQ(child.at("links").as_array().size(), 1U);
    EXPECT_EQ(text(child.at("links").as_array().front().as_object(), "id"), "chicago-1");
    EXPECT_EQ(text(child.at("links").as_array().front().as_object(), "family"), "taximeter");

    const auto stranger = testing::json_object(installation_.run({"links", "get", "cars", "nobody", "--json"}).out);
    EXPECT_EQ(text(stranger, "role"), "unlinked");
    EXPECT_THAT(stranger.at("links").as_array(), IsEmpty());
}

TEST_F(MirroringTest, FamiliesDoNotMix) {
    installation_.configure("families:\n  - name: vezet\n  - name: other\n");
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 2));

    ASSERT_THAT(installation_.run({"run", "all", "--create-missing", "--family", "other"}), EndsWith(0));
    EXPECT_EQ(installation_.link_state("parks", "chicago-1"), "");

    const Ended ended = installation_.run({"run", "all", "--create-missing", "--json"});
    ASSERT_THAT(ended, EndsWith(0));
    std::multiset<std::string> families;
    for (const auto& line : testing::json_lines(ended.out)) {
        families.insert(text(line, "family"));
        EXPECT_EQ(count(line, "created") > 0, text(line, "family") == "vezet") << text(line, "job");
    }
    EXPECT_EQ(families.count("vezet"), 4U);
    EXPECT_EQ(families.count("other"), 4U);
    EXPECT_EQ(installation_.links(), 2U * 7U);

    installation_.put("drivers", "chicago-1-driver-1", R"({"last_name": "Renamed"})");
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    for (const char* family : {"vezet", "other"}) {
        Expectations expectations = installation_.expectations();
        expectations.family = family;
        EXPECT_THAT(installation_.violations(expectations), IsEmpty()) << family;
    }
}

TEST_F(MirroringTest, MigrateCanBeRepeated) {
    installation_.enable_cities({"Chicago"});
    installation_.put(park_with_drivers(park("chicago-1", "Chicago"), 1));
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    const auto before = installation_.everything();

    EXPECT_THAT(installation_.run({"migrate"}), EndsWith(0));

    EXPECT_EQ(installation_.everything(), before);
}

}  // namespace
}  // namespace twinfleet::end_to_end
