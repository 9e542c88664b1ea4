// `verify`, and what mends the edits of others.
#include "tests/end_to_end/installation.hpp"

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

TEST_F(VerificationTest, WordsWithoutJsonSayTheSame) {
    damage();

    const Ended ended = installation_.run({"verify"});

    EXPECT_THAT(ended, EndsWith(1));
    EXPECT_THAT(ended.out, ::testing::HasSubstr("one-car-1"));
    EXPECT_THAT(ended.out, ::testing::HasSubstr("color"));
}

}  // namespace
}  // namespace twinfleet::end_to_end
