#include "capabilities/mirroring/api/foreign_edits_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/api_over_fakes.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class ForeignEditsHttpTest : public ::testing::Test {
protected:
    void add(const std::string& entity, const std::string& family = "vezet", const std::string& park = "park",
             const std::string& fields = "{}") {
        auto& records = api_.foreign_edits.records;
        records.push_back({.id = static_cast<std::int64_t>(records.size()) + 1,
                           .entity = entity,
                           .family = family,
                           .edit = {.parent_id = domain::ParentId("parent"),
                                    .parent_park_id = domain::ParentParkId(park),
                                    .child_id = domain::ChildId("child"),
                                    .child_park_id = domain::ChildParkId("child of " + park),
                                    .fields = fields},
                           .found_at = Time(3s)});
    }
    testing::ApiAnswer list(const std::string& query = {}) const { return api_.get("/v1/foreign-edits" + query); }

    testing::ApiOverFakes api_;
};

TEST_F(ForeignEditsHttpTest, HaveTheKeysOfTheContract) {
    add("cars", "vezet", "park", R"({"color": {"was": "red", "became": {"$numberInt": "5"}}})");
    EXPECT_EQ(list().status, 200);
    EXPECT_EQ(list().text,
              R"({"items":[{"id":1,"entity":"cars","family":"vezet","kind":"changed","parent_id":"parent",)"
              R"("parent_park_id":"park","child_id":"child","child_park_id":"child of park",)"
              R"("fields":{"color":{"was":"red","became":{"$numberInt":"5"}}},)"
              R"("found_at":"1970-01-01T00:00:03.000Z"}],"next_cursor":null})");
}

TEST_F(ForeignEditsHttpTest, TellOfAChildThatWasRemoved) {
    add("cars");
    api_.foreign_edits.records.back().edit.kind = ForeignEdit::Kind::removed;
    EXPECT_EQ(list().in_each_item("kind"), "removed");
    EXPECT_EQ(list().in_each_item("fields"), "{}");
}

TEST_F(ForeignEditsHttpTest, MayHoldValuesThatAreDeeplyNested) {
    constexpr int depth = 200;
    std::string value = "1";
    for (int i = 0; i < depth; ++i) {
        value = "{\"a\":" + value + "}";
    }
    add("cars", "vezet", "park", "{\"deep\":{\"was\":" + value + "}}");
    EXPECT_THAT(list().text, HasSubstr(value));
}

TEST_F(ForeignEditsHttpTest, AreFilteredByEntityFamilyAndPark) {
    add("cars");
    add("drivers", "another");
    add("cars", "another", "second");
    EXPECT_EQ(list("?entity=cars").in_each_item("id"), "1 3");
    EXPECT_EQ(list("?family=another").in_each_item("id"), "2 3");
    EXPECT_EQ(list("?park_id=park").in_each_item("id"), "1 2");
    // Of a child as well.
    EXPECT_EQ(list("?park_id=child%20of%20second").in_each_item("id"), "3");
    EXPECT_EQ(list("?park_id=child+of+second&entity=cars&family=another").in_each_item("id"), "3");
    EXPECT_EQ(list("?park_id=other").text, R"({"items":[],"next_cursor":null})");
}

TEST_F(ForeignEditsHttpTest, ComeInPagesOldestFirst) {
    for (int i = 0; i < 5; ++i) {
        add(i == 2 ? "drivers" : "cars");
    }
    const auto first = list("?entity=cars&limit=2");
    EXPECT_EQ(first.in_each_item("id"), "1 2");
    EXPECT_EQ(first.at("next_cursor"), "2");
    const auto second = list("?entity=cars&limit=2&cursor=2");
    EXPECT_EQ(second.in_each_item("id"), "4 5");
    EXPECT_EQ(second.at("next_cursor"), "null");
    EXPECT_EQ(list("?cursor=4").in_each_item("id"), "5");
    EXPECT_EQ(list("?cursor=5").in_each_item("id"), "");
}

TEST_F(ForeignEditsHttpTest, ComeAHundredToAPageUnlessMoreAreAskedFor) {
    for (int i = 0; i < 101; ++i) {
        add("cars");
    }
    EXPECT_THAT(list().items(), SizeIs(100));
    EXPECT_EQ(list().at("next_cursor"), "100");
    EXPECT_THAT(list("?limit=1000").items(), SizeIs(101));
}

TEST_F(ForeignEditsHttpTest, NameWhatIsWrongInTheQuery) {
    for (const auto& [query, field] : {std::pair("since=now", "since"),
                                       {"limit=0", "limit"},
                                       {"limit=1001", "limit"},
                                       {"limit=1.5", "limit"},
                                       {"cursor=-1", "cursor"},
                                       {"cursor=a", "cursor"},
                                       {"entity=", "entity"},
                                       {"family=", "family"},
                                       {"park_id=", "park_id"},
                                       {"entity=a&entity=a", "entity"},
                                       {"park_id=%FF", "park_id"}}) {
        const auto answer = list(std::string("?") + query);
        EXPECT_EQ(answer.outcome(), "400 bad_request") << query;
        EXPECT_EQ(answer.detail("field"), field) << query;
    }
}

TEST_F(ForeignEditsHttpTest, Are503WhileTheStoreIsAwayAnd500OfAMistake) {
    api_.foreign_edits.failure = testing::store_is_away();
    EXPECT_EQ(list().outcome(), "503 unavailable");
    EXPECT_EQ(list().headers.at("retry-after"), "1");
    api_.foreign_edits.failure = testing::mistake();
    EXPECT_EQ(list().outcome(), "500 internal");
    EXPECT_THAT(list().text, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace twinfleet::mirroring
