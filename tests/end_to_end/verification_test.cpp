// `verify`, and what mends the edits of others.
#include <csignal>

#include <boost/json/serialize.hpp>

#include "tests/end_to_end/installation.hpp"
#include "tests/support/http_client.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct Difference {
    std::string entity;
    std::string parent_id;
    std::string type;
    std::vector<std::string> fields;
    bool operator==(const Difference&) const = default;
    friend void PrintTo(const Difference& difference, std::ostream* out) {
        *out << difference.entity << " " << difference.parent_id << " " << difference.type << " "
             << ::testing::PrintToString(difference.fields);
    }
};

struct Verified {
    std::vector<boost::json::object> lines;
    std::vector<Difference> differences;
    std::int64_t checked = 0;
    std::int64_t counted_differences = 0;
};

Verified verified(const std::string& out) {
    Verified result{.lines = testing::json_lines(out)};
    EXPECT_FALSE(result.lines.empty());
    if (result.lines.empty()) {
        return result;
    }
    const boost::json::object summary = result.lines.back();
    result.lines.pop_back();
    EXPECT_THAT(testing::keys_of(summary), UnorderedElementsAre("checked", "differences"));
    result.checked = count(summary, "checked");
    result.counted_differences = count(summary, "differences");
    for (const auto& line : result.lines) {
        EXPECT_THAT(testing::keys_of(line),
                    UnorderedElementsAre("entity", "family", "parent_id", "child_id", "type", "fields", "age_s"));
        Difference difference{
            .entity = text(line, "entity"), .parent_id = text(line, "parent_id"), .type = text(line, "type")};
        for (const auto& field : line.at("fields").as_array()) {
            difference.fields.emplace_back(field.as_string());
        }
        result.differences.push_back(std::move(difference));
    }
    EXPECT_EQ(result.counted_differences, static_cast<std::int64_t>(result.lines.size()));
    return result;
}

class VerificationTest : public EndToEndTest {
protected:
    VerificationTest() {
        installation_.enable_cities({"Chicago"});
        installation_.put(park_with_drivers(park("one", "Chicago"), 3));
        installation_.put(park_with_drivers(park("two", "Chicago"), 2));
        EXPECT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    }

    /// A foreign edit, a removed child, and a reference that leads into another child park.
    void damage() {
        const std::string car = installation_.child_id("cars", "one-car-1");
        const std::string removed = installation_.child_id("drivers", "one-driver-2");
        const std::string misled = installation_.child_id("drivers", "one-driver-3");
        installation_.edit("cars", car, R"({"color": "painted", "foreign": 1})");
        installation_.remove("drivers", removed);
        installation_.edit("drivers", misled,
                           R"({"car_id": ")" + installation_.child_id("cars", "two-car-1") + R"("})");
        damaged_ = {car, removed, misled};
    }

    void expect_mended() {
        Expectations expectations = installation_.expectations();
        expectations.after_verified_pass = true;
        expectations.edited_children = damaged_;
        EXPECT_THAT(installation_.violations(expectations), IsEmpty());
        EXPECT_THAT(installation_.run({"verify", "--json"}), EndsWith(0));
    }

    std::set<std::string> damaged_;
};

TEST_F(VerificationTest, ACleanFleetHasNoDifferences) {
    const auto before = installation_.everything();

    const Ended ended = installation_.run({"verify", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    const Verified result = verified(ended.out);
    EXPECT_THAT(result.differences, IsEmpty());
    EXPECT_EQ(result.checked, 2 + 4 + 5 + 5);
    EXPECT_EQ(installation_.everything(), before);
}

TEST_F(VerificationTest, ADriverStandsInTheRecordOfHisLicenceAlone) {
    // Who has drivers of one licence has one record of it, whatever it is spelled like.
    installation_.put("drivers", "one-driver-1", R"({"license": {"number": "77\u00a0\u0430\u0432\u2011123"}})");
    installation_.put("drivers", "two-driver-1", R"({"license": {"number": "77 AB 123"}})");
    EXPECT_THAT(installation_.run({"run", "drivers"}), EndsWith(0));
    EXPECT_THAT(installation_.violations(), IsEmpty());
    EXPECT_THAT(installation_.run({"verify", "--json"}), EndsWith(0));

    const bson::Document child = installation_.child("drivers", "one-driver-2");
    installation_.insert("unique_drivers",
                         R"({"_id": "old", "license": "OLD", "profiles": [{"park_id": ")" +
                             std::string(child.view().find("park_id")->string()) + R"(", "driver_id": ")" +
                             std::string(child.view().find("_id")->string()) + R"(", "app_family": "vezet"}]})");
    const Ended told = installation_.run({"verify", "--json"});
    EXPECT_THAT(told, EndsWith(1));
    EXPECT_THAT(verified(told.out).differences,
                ElementsAre(Difference{"drivers", "one-driver-2", "reference", {"unique_driver:twice"}}));
    EXPECT_THAT(installation_.run({"verify", "--repair", "--driver", "one-driver-2", "--json"}), EndsWith(0));
    expect_mended();
}

TEST_F(VerificationTest, MigratingMakesOneRecordOfAllSpellingsOfALicence) {
    installation_.insert("unique_drivers", R"({"_id": "old 1", "license": "77\u00a0AB", "profiles": [
        {"park_id": "p", "driver_id": "d1", "app_family": "taximeter"}]})");
    installation_.insert("unique_drivers", R"({"_id": "old 2", "license": "77\u2010AB", "profiles": [
        {"park_id": "p", "driver_id": "d2", "app_family": "taximeter"}]})");
    const Ended migrated = installation_.run({"migrate"});
    EXPECT_THAT(migrated, EndsWith(0));
    EXPECT_THAT(migrated.out + migrated.error, ::testing::HasSubstr("1 have their licence in normal form now, 1 were"));
    std::size_t profiles = 0;
    for (const bson::Document& record : installation_.documents("unique_drivers")) {
        if (record.view().find("license")->string() == "77AB") {
            for ([[maybe_unused]] const auto& profile : record.view().find("profiles")->document()) {
                ++profiles;
            }
        }
    }
    EXPECT_EQ(profiles, 2U);
}

TEST_F(VerificationTest, NamesWhatDiffersByType) {
    damage();
    const std::string foreign_car =
        R"({"_id": "foreign", "park_id": ")" + installation_.child_id("parks", "one") + R"(", "number": "F000"})";
    installation_.insert("cars", foreign_car);
    const auto before = installation_.everything();

    const Ended ended = installation_.run({"verify", "--json"});

    EXPECT_THAT(ended, EndsWith(1));
    const Verified result = verified(ended.out);
    EXPECT_THAT(result.differences,
                UnorderedElementsAre(Difference{"cars", "one-car-1", "content", {"color", "foreign"}},
                                     Difference{"drivers", "one-driver-2", "missing", {}},
                                     Difference{"drivers", "one-driver-3", "reference", {"car_id"}},
                                     Difference{"cars", "null", "extra", {}}));
    for (const auto& line : result.lines) {
        if (text(line, "type") == "extra") {
            EXPECT_EQ(text(line, "child_id"), "foreign");
        }
        EXPECT_EQ(text(line, "family"), "vezet");
    }
    EXPECT_EQ(installation_.everything(), before) << "verify alone has to write nothing";
}

TEST_F(VerificationTest, RuleThatWasNotMirroredYetIsMissing) {
    installation_.put("work_rules", work_rule("one-rule-3", "one"));
    installation_.put("parks", park("three", "Chicago"));

    const Ended ended = installation_.run({"verify", "--json"});

    EXPECT_THAT(ended, EndsWith(1));
    EXPECT_THAT(verified(ended.out).differences,
                UnorderedElementsAre(Difference{"work_rules", "one-rule-3", "missing", {}},
                                     Difference{"parks", "three", "missing", {}}));
}

TEST_F(VerificationTest, LooksAtOneParkOnly) {
    damage();

    const Ended two = installation_.run({"verify", "--park", "two", "--json"});
    EXPECT_THAT(two, EndsWith(0));
    EXPECT_EQ(verified(two.out).checked, 1 + 2 + 2 + 2);

    const Ended one = installation_.run({"verify", "--park", "one", "--json"});
    EXPECT_THAT(one, EndsWith(1));
    EXPECT_EQ(verified(one.out).counted_differences, 3);
}

TEST_F(VerificationTest, RepairMends) {
    damage();

    const Ended ended = installation_.run({"verify", "--repair", "--json"});

    EXPECT_LE(ended.exit_code, 1) << ended.error;
    expect_mended();
}

TEST_F(VerificationTest, AFullRunThatReadsTheChildrenMends) {
    damage();

    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    EXPECT_THAT(installation_.run({"verify"}), EndsWith(1)) << "an ordinary full pass trusts the source hashes";

    const Ended ended = installation_.run({"run", "all", "--full", "--verify-children", "--json"});
    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(count(by_job(ended.out).at("cars"), "updated"), 1);
    expect_mended();
}

TEST_F(VerificationTest, RepairsOneDriverWithHisCarAndRule) {
    damage();
    const std::string car = installation_.child_id("cars", "one-car-2");
    const std::string rule = installation_.child_id("work_rules", "one-rule-2");
    installation_.edit("cars", car, R"({"color": "painted"})");
    installation_.edit("work_rules", rule, R"({"name": "renamed"})");

    const Ended before = installation_.run({"verify", "--driver", "one-driver-2", "--json"});
    EXPECT_THAT(before, EndsWith(1));
    EXPECT_THAT(verified(before.out).differences,
                ElementsAre(Difference{"work_rules", "one-rule-2", "content", {"name"}},
                            Difference{"cars", "one-car-2", "content", {"color"}},
                            Difference{"drivers", "one-driver-2", "missing", {}}));
    const Ended ended = installation_.run({"verify", "--driver", "one-driver-2", "--repair", "--json"});
    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(verified(ended.out).checked, 3);

    const Ended others = installation_.run({"verify", "--json"});
    EXPECT_THAT(verified(others.out).differences,
                UnorderedElementsAre(Difference{"cars", "one-car-1", "content", {"color", "foreign"}},
                                     Difference{"drivers", "one-driver-3", "reference", {"car_id"}}));
    const Ended nobody = installation_.run({"verify", "--driver", "nobody", "--json"});
    EXPECT_THAT(nobody, EndsWith(0));
    EXPECT_THAT(nobody.error, ::testing::HasSubstr("--driver nobody"));
}

TEST_F(VerificationTest, WhatOthersWroteIsRecordedWhenItIsPutRight) {
    damage();
    // A change of the parent is nobody's foreign edit.
    installation_.put("drivers", "two-driver-1", R"({"first_name": "Another"})");
    EXPECT_THAT(installation_.run({"foreign-edits", "list", "--json"}).out, IsEmpty());

    EXPECT_THAT(installation_.run({"run", "all", "--full", "--verify-children"}), EndsWith(0));

    const Ended listed = installation_.run({"foreign-edits", "list", "--json"});
    EXPECT_THAT(listed, EndsWith(0));
    std::map<std::string, boost::json::object> by_parent;
    for (const auto& line : testing::json_lines(listed.out)) {
        EXPECT_THAT(testing::keys_of(line),
                    UnorderedElementsAre("id", "entity", "family", "kind", "parent_id", "parent_park_id", "child_id",
                                         "child_park_id", "fields", "found_at"));
        EXPECT_EQ(text(line, "parent_park_id"), "one");
        EXPECT_EQ(text(line, "child_park_id"), installation_.child_id("parks", "one"));
        by_parent.emplace(text(line, "parent_id"), line);
    }
    ASSERT_EQ(by_parent.size(), 3U) << listed.out;
    const auto& painted = by_parent.at("one-car-1");
    EXPECT_EQ(text(painted, "kind"), "changed");
    EXPECT_EQ(painted.at("fields").at("color").at("was"), "painted");
    EXPECT_EQ(boost::json::serialize(painted.at("fields").at("color").at("became")),
              field(installation_.document("cars", "one-car-1").value(), "color"));
    EXPECT_EQ(boost::json::serialize(painted.at("fields").at("foreign")), R"({"was":{"$numberInt":"1"}})");
    EXPECT_EQ(text(by_parent.at("one-driver-2"), "kind"), "removed");
    EXPECT_TRUE(by_parent.at("one-driver-3").at("fields").as_object().contains("car_id"));

    EXPECT_EQ(installation_.run({"foreign-edits", "list", "--json", "--park", "one"}).out, listed.out);
    EXPECT_THAT(installation_.run({"foreign-edits", "list", "--park", "two"}).out, IsEmpty());
    EXPECT_THAT(installation_.run({"foreign-edits", "list", "--since", "2999-01-01T00:00:00Z"}).out, IsEmpty());
    EXPECT_THAT(installation_.run({"foreign-edits", "list", "--since", "yesterday"}), EndsWith(2));
    EXPECT_THAT(installation_.run({"foreign-edits", "list"}).out, ::testing::HasSubstr("painted"));
    expect_mended();
}

TEST_F(VerificationTest, GoesOnWhereItWasInterrupted) {
    installation_.put(park_with_drivers(park("large", "Chicago"), 150));
    EXPECT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    installation_.edit("cars", installation_.child_id("cars", "large-car-1"), R"({"color": "painted"})");
    installation_.configure("pass: {batch_documents_max: 1}\n");
    constexpr std::int64_t all = 3 + 6 + 155 + 155;
    pqxx::connection connection(postgres_.dsn());
    const auto position = [&] {
        pqxx::work transaction(connection);
        const auto rows = transaction.exec("SELECT entity, checked FROM fleet_sync.verify_positions");
        return rows.empty() ? std::pair<std::string, std::int64_t>()
                            : std::pair(rows[0][0].as<std::string>(), rows[0][1].as<std::int64_t>());
    };

    Program verification = installation_.start({"verify", "--json"});
    EXPECT_TRUE(verification.reaches([&] { return position().first == "drivers"; }, 60s)) << verification.error();
    verification.signal(SIGINT);
    EXPECT_THAT(verification.wait(), EndsWith(130));
    const std::int64_t checked_before = position().second;
    EXPECT_GE(checked_before, 3 + 6 + 155);
    EXPECT_LT(checked_before, all);

    const Ended rest = installation_.run({"verify", "--json"});
    EXPECT_THAT(rest, EndsWith(1)) << "the car was found before";
    EXPECT_THAT(rest.error, ::testing::HasSubstr("going on"));
    const auto lines = testing::json_lines(rest.out);
    ASSERT_EQ(lines.size(), 1U) << rest.out;
    EXPECT_EQ(count(lines[0], "checked"), all);
    EXPECT_EQ(count(lines[0], "differences"), 1);

    const Ended again = installation_.run({"verify", "--json"});
    EXPECT_THAT(again.error, ::testing::Not(::testing::HasSubstr("going on"))) << "the last one came to its end";
    EXPECT_EQ(verified(again.out).checked, all);
}

TEST_F(VerificationTest, TheServiceFindsForeignEditsByItself) {
    // After the first ones no incremental passes: where one meets a full pass at a child, nobody can tell any more
    // whose edit it was that they put right.
    constexpr const char* schedule =
        "{incremental_interval_ms: 600000, full_interval_s: 1, verify_interval_ms: 1, jitter_share: 0}";
    std::string jobs = "watch: {interval_s: 1}\njobs:\n";
    for (const char* job : {"parks", "work_rules", "cars", "drivers"}) {
        jobs += std::string("  ") + job + ": " + schedule + "\n";
    }
    installation_.configure(jobs);
    auto service = installation_.serve();
    std::string metrics;
    const auto shows = [&](const std::string& text) {
        return [&, text] {
            const auto answer = testing::http_get(service.monitor_port, "/metrics");
            metrics = answer ? answer->body : std::string();
            return metrics.find(text) != std::string::npos;
        };
    };
    for (const char* job : {"cars", "drivers"}) {
        const std::string passes = std::string("fleet_sync_pass_duration_seconds_count{family=\"vezet\",job=\"") + job;
        EXPECT_TRUE(service.program.reaches(shows(passes + "\",mode=\"incremental\"} 1\n"), 30s)) << metrics;
    }
    damage();
    EXPECT_TRUE(
        service.program.reaches(shows("fleet_sync_foreign_edits_total{entity=\"cars\",family=\"vezet\"} 1\n"), 30s))
        << metrics;
    EXPECT_TRUE(
        service.program.reaches(shows("fleet_sync_foreign_edits_total{entity=\"drivers\",family=\"vezet\"} 2\n"), 30s))
        << metrics;
    EXPECT_TRUE(service.program.reaches(shows("fleet_sync_stalled{family=\"vezet\",job=\"cars\"} 0\n"), 10s))
        << metrics;
    const auto is_verified = [&] {
        (void)shows("")();
        const std::string name = "fleet_sync_oldest_verified_age_seconds{family=\"vezet\",job=\"drivers\"} ";
        const auto at = metrics.find(name);
        return at != std::string::npos && std::stod(metrics.substr(at + name.size())) < 10;
    };
    EXPECT_TRUE(service.program.reaches(is_verified, 30s)) << metrics;
    service.program.signal(SIGTERM);
    EXPECT_THAT(service.program.wait(15s), EndsWith(0));
    EXPECT_THAT(service.program.error(), ::testing::Not(::testing::HasSubstr("painted")))
        << "values are data of persons";
    expect_mended();
}

TEST_F(VerificationTest, TheServiceNoticesAJobThatIsHeldUp) {
    installation_.configure("watch: {interval_s: 1, stalled_after_s: 2}\n");
    pqxx::connection connection(postgres_.dsn());
    const auto execute = [&](const std::string& sql) {
        pqxx::work transaction(connection);
        transaction.exec(sql);
        transaction.commit();
    };
    execute(
        "INSERT INTO fleet_sync.job_leases AS lease (job, family, token, holder, acquired_at, expires_at)"
        " VALUES ('cars', 'vezet', 1, 'somebody', now(), 'infinity')"
        " ON CONFLICT (job, family) DO UPDATE SET token = lease.token + 1, expires_at = 'infinity'");
    auto service = installation_.serve();
    const auto shows = [&](const std::string& text) {
        return [&, text] {
            const auto answer = testing::http_get(service.monitor_port, "/metrics");
            return answer && answer->body.find(text) != std::string::npos;
        };
    };
    EXPECT_TRUE(service.program.reaches(shows("fleet_sync_stalled{family=\"vezet\",job=\"cars\"} 0\n"), 10s));
    installation_.put("cars", "one-car-1", R"({"color": "green"})");
    EXPECT_TRUE(service.program.reaches(shows("fleet_sync_stalled{family=\"vezet\",job=\"cars\"} 1\n"), 30s));
    execute("UPDATE fleet_sync.job_leases SET expires_at = now() WHERE job = 'cars'");
    EXPECT_TRUE(service.program.reaches(shows("fleet_sync_stalled{family=\"vezet\",job=\"cars\"} 0\n"), 30s));
    service.program.signal(SIGTERM);
    EXPECT_THAT(service.program.wait(15s), EndsWith(0));
}

TEST_F(VerificationTest, WordsWithoutJsonSayTheSame) {
    damage();

    const Ended ended = installation_.run({"verify"});

    EXPECT_THAT(ended, EndsWith(1));
    EXPECT_THAT(ended.out, ::testing::HasSubstr("one-car-1"));
    EXPECT_THAT(ended.out, ::testing::HasSubstr("color"));
}

}  // namespace
}  // namespace twinfleet::end_to_end
