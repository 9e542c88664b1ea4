// Documents that cannot be mirrored.
#include "tests/end_to_end/installation.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class QuarantineTest : public EndToEndTest {
protected:
    QuarantineTest() {
        installation_.enable_cities({"Chicago"});
        installation_.put(park_with_drivers(park("good", "Chicago"), 2));
    }

    /// Reasons by parent id.
    std::map<std::string, std::string> reasons() const {
        std::map<std::string, std::string> result;
        for (const auto& entry : installation_.quarantine()) {
            result[text(entry, "parent_id")] = text(entry, "reason");
        }
        return result;
    }
};

TEST_F(QuarantineTest, BadDocumentsAreSetAsideWithTheirReasonsAndOthersGoOn) {
    installation_.put("work_rules", with(work_rule("x", "good"), R"({"_id": 42})"));
    installation_.put("work_rules", work_rule("rule-without-park", "good", R"({"park_id": 7})"));
    installation_.put("parks", park("park-without-login", "Chicago", R"({"login": 5})"));
    installation_.put("work_rules", work_rule("rule-of-bad-park", "park-without-login"));

    const Ended ended = installation_.run({"run", "all", "--create-missing", "--full", "--json"});

    EXPECT_THAT(ended, EndsWith(1));
    EXPECT_EQ(count(by_job(ended.out).at("parks"), "quarantined"), 1);
    EXPECT_EQ(count(by_job(ended.out).at("work_rules"), "quarantined"), 3);
    EXPECT_THAT(reasons(), UnorderedElementsAre(Pair(R"({"$numberInt":"42"})", "bad_id"),
                                                Pair("rule-without-park", "bad_field:park_id"),
                                                Pair("park-without-login", "bad_field:login"),
                                                Pair("rule-of-bad-park", "parent_quarantined")));
    EXPECT_EQ(installation_.link_state("drivers", "good-driver-2"), "linked");
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(QuarantineTest, DocumentThatGrowsOverTheLimitIsTooLarge) {
    // 16 MiB less a few bytes: the child holds its parent's id besides.
    constexpr std::size_t limit = std::size_t{16} << 20;
    const bson::Document rule =
        with(work_rule("large", "good"), R"({"updated_ts": {"$timestamp": {"t": 1700000000, "i": 1}}, "padding": ""})");
    const std::string padding(limit - rule.size_bytes() - 10, 'x');
    installation_.put_as_is("work_rules", with(rule, bson::Builder().string("padding", padding).take().view()));

    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(1));

    EXPECT_THAT(reasons(), UnorderedElementsAre(Pair("large", "too_large")));
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(QuarantineTest, EntriesAreListedWithTheKeysOfTheContract) {
    installation_.put("work_rules", work_rule("bad", "good", R"({"park_id": {"$numberLong": "7"}})"));
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(1));

    const auto entries = installation_.quarantine();

    ASSERT_EQ(entries.size(), 1U);
    EXPECT_THAT(testing::keys_of(entries.front()),
                UnorderedElementsAre("id", "entity", "family", "parent_id", "parent_park_id", "reason", "since",
                                     "last_try_at"));
    EXPECT_EQ(text(entries.front(), "entity"), "work_rules");
    EXPECT_EQ(text(entries.front(), "family"), "vezet");
    for (const char* key : {"since", "last_try_at"}) {
        EXPECT_THAT(text(entries.front(), key), ::testing::MatchesRegex("....-..-..T..:..:......Z"));
    }
}

TEST_F(QuarantineTest, MendedDocumentComesOutByItselfWithWhatBelongsToIt) {
    installation_.put("parks", park("bad", "Chicago", R"({"login": null})"));
    installation_.put("work_rules", work_rule("bad-rule", "bad"));
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(1));
    ASSERT_EQ(reasons().at("bad"), "bad_field:login");

    installation_.put("parks", "bad", R"({"login": "mended"})");
    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));

    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_EQ(installation_.link_state("work_rules", "bad-rule"), "linked");
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(QuarantineTest, LinkedParkThatTurnsBadKeepsItsChildAndComesBack) {
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    installation_.put("parks", "good", R"({"login": 5, "name": "Renamed"})");
    installation_.put("cars", "good-car-1", R"({"color": "black"})");

    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(1));
    EXPECT_EQ(field(installation_.child("parks", "good"), "name"), R"("Park good")");
    EXPECT_EQ(reasons().at("good"), "bad_field:login");
    EXPECT_EQ(reasons().at("good-car-1"), "parent_quarantined");

    installation_.put("parks", "good", R"({"login": "login-good"})");
    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(QuarantineTest, ReferenceToAQuarantinedCarIsLeftOutAndCounted) {
    installation_.put("cars", "good-car-1", R"({"park_id": 5})");

    const Ended ended = installation_.run({"run", "all", "--create-missing", "--full", "--json"});

    EXPECT_EQ(count(by_job(ended.out).at("drivers"), "dangling_references"), 1);
    EXPECT_EQ(field(installation_.child("drivers", "good-driver-1"), "car_id"), "absent");
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(QuarantineTest, RetryTriesAgainAtOnceAndDropForgets) {
    installation_.put("work_rules", work_rule("bad", "good", R"({"park_id": 7})"));
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(1));
    const auto entries = installation_.quarantine();
    ASSERT_EQ(entries.size(), 1U);
    const std::string id = std::to_string(count(entries.front(), "id"));

    EXPECT_THAT(installation_.run({"quarantine", "retry", id}), EndsWith(1));
    ASSERT_EQ(reasons().count("bad"), 1U);
    EXPECT_EQ(text(installation_.quarantine().front(), "since"), text(entries.front(), "since"));

    EXPECT_THAT(installation_.run({"quarantine", "drop", id}), EndsWith(0));
    EXPECT_THAT(reasons(), IsEmpty());

    // The next pass that meets it puts it aside again.
    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(1));
    ASSERT_EQ(reasons().count("bad"), 1U);

    installation_.put("work_rules", "bad", R"({"park_id": "good"})");
    EXPECT_THAT(installation_.run({"quarantine", "retry"}), EndsWith(0));
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_EQ(installation_.link_state("work_rules", "bad"), "linked");
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(QuarantineTest, DocumentThatTheStoreRefusesStopsOnlyItself) {
    // A server may refuse to set, or to store, a field whose name has a dot in it.
    const bson::Document dotted =
        work_rule("dotted", "good", R"({"updated_ts": {"$timestamp": {"t": 1700000000, "i": 1}}, "a.b": 1})");
    installation_.put_as_is("work_rules", dotted);
    static_cast<void>(installation_.run({"run", "all", "--create-missing", "--full"}));
    installation_.erase("work_rules", "dotted");
    installation_.put_as_is(
        "work_rules", with(dotted, R"({"name": "Renamed", "updated_ts": {"$timestamp": {"t": 1700000001, "i": 1}}})"));
    installation_.put("cars", "good-car-1", R"({"color": "black"})");

    const Ended ended = installation_.run({"run", "all", "--full"});

    const auto reason = reasons();
    if (reason.contains("dotted")) {
        EXPECT_THAT(ended, EndsWith(1));
        EXPECT_EQ(reason.at("dotted"), "write_refused");
    } else {
        EXPECT_THAT(ended, EndsWith(0));
    }
    Expectations expectations = installation_.expectations();
    expectations.is_refused = [&](bson::View parent) {
        return reason.contains("dotted") && field(parent, "_id") == R"("dotted")";
    };
    EXPECT_THAT(installation_.violations(expectations), IsEmpty());
}

TEST_F(QuarantineTest, FieldThatNoUpdateMayNameStopsNothingAndStaysWithTheParent) {
    const auto rule = [](const char* name, int second) {
        bson::Builder builder;
        builder.string("_id", "priced").string("park_id", "good").string("name", name).boolean("is_enabled", true);
        builder.int32("$price", second)
            .timestamp("updated_ts", {1'700'000'000U + static_cast<std::uint32_t>(second), 1});
        return builder.take();
    };
    installation_.put_as_is("work_rules", rule("Rule", 1));
    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));
    installation_.erase("work_rules", "priced");
    installation_.put_as_is("work_rules", rule("Renamed", 2));

    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));

    EXPECT_EQ(field(installation_.child("work_rules", "priced"), "name"), R"("Renamed")");
    EXPECT_EQ(field(installation_.child("work_rules", "priced"), "$price"), "absent");
    EXPECT_THAT(installation_.run({"verify"}), EndsWith(0));
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(QuarantineTest, DriverWhoIsRefusedAChildIsThereUntilOneCouldBeMade) {
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    installation_.put("drivers", "good-driver-1", R"({"park_id": 7})");
    const std::vector<std::string> create{"create-child", "driver",      "--family",
                                          "vezet",        "--parent-id", "good-driver-1"};
    EXPECT_THAT(installation_.run(create), EndsWith(1));
    EXPECT_EQ(reasons().at("good-driver-1"), "bad_field:park_id");
    EXPECT_THAT(installation_.run({"quarantine", "retry"}), EndsWith(1));
    EXPECT_EQ(reasons().at("good-driver-1"), "bad_field:park_id");

    installation_.put("drivers", "good-driver-1", R"({"park_id": "good"})");
    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));
    EXPECT_THAT(reasons(), IsEmpty());
    EXPECT_EQ(installation_.link_state("drivers", "good-driver-1"), "") << "he has not asked again";
    EXPECT_THAT(installation_.run(create), EndsWith(0));
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(QuarantineTest, DropWithoutIdsForgetsEverything) {
    installation_.put("work_rules", work_rule("bad-1", "good", R"({"park_id": 7})"));
    installation_.put("work_rules", work_rule("bad-2", "good", R"({"park_id": 7})"));
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(1));

    EXPECT_THAT(installation_.run({"quarantine", "drop"}), EndsWith(0));

    EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(QuarantineTest, EntryGoesWithItsDocument) {
    installation_.put("work_rules", work_rule("bad", "good", R"({"park_id": 7})"));
    ASSERT_THAT(installation_.run({"run", "all"}), EndsWith(1));
    installation_.erase("work_rules", "bad");

    EXPECT_THAT(installation_.run({"run", "all", "--full"}), EndsWith(0));

    EXPECT_THAT(reasons(), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::end_to_end
