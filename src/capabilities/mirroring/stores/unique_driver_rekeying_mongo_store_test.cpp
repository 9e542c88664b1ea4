#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/stores/indexes_mongo.hpp"
#include "capabilities/mirroring/stores/unique_driver_rekeying_mongo.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class UniqueDriverRekeyingTest : public ::testing::Test {
protected:
    explicit UniqueDriverRekeyingTest(bool has_indexes = true) {
        if (has_indexes) {
            make_indexes(mongo_.pool(), {}, place_);
        }
    }

    void put(const std::string& document) const {
        auto bulk = collection_.bulk();
        bulk.insert(bson::from_json(document));
        ASSERT_THAT(bulk.execute().errors, IsEmpty());
    }
    void put(const std::string& id, const std::string& license, const std::vector<std::string>& drivers,
             const std::string& more = "") const {
        std::string profiles;
        for (const std::string& driver : drivers) {
            profiles += (profiles.empty() ? "" : ", ") + (R"({"park_id": "p", "driver_id": ")" + driver) +
                        R"(", "app_family": "vezet"})";
        }
        put(R"({"_id": ")" + id + R"(", "license": ")" + license + R"(", "profiles": [)" + profiles + "]" + more + "}");
    }
    Rekeying rekey() const { return rekey_unique_drivers(mongo_.pool(), place_); }
    [[nodiscard]] bson::Document record(const std::string& id) const {
        return collection_.find_one(bson::Builder().string("_id", id).take()).value();
    }
    /// By `_id`, the licence and the drivers of each record: "AB1: d1 d2".
    [[nodiscard]] std::map<std::string, std::string> records() const {
        std::map<std::string, std::string> texts;
        auto cursor = collection_.find({});
        while (const auto document = cursor.next()) {
            std::string text = std::string(document->find("license")->string()) + ":";
            if (const auto list = document->find("profiles"); list && list->type == bson::Type::array) {
                for (const auto& member : list->document()) {
                    text += " " + std::string(member.document().find("driver_id")->string());
                }
            }
            texts.emplace(document->find("_id")->string(), text);
        }
        return texts;
    }

    const twinfleet::testing::TestMongo mongo_;
    const std::string database_ = mongo_.database_name("rekeying");
    const UniqueDriversPlace place_{.database = database_, .collection = "unique_drivers"};
    const mongo::Collection collection_ = mongo_.pool().collection(database_, "unique_drivers");
};

class UniqueDriverRekeyingWithoutIndexesTest : public UniqueDriverRekeyingTest {
protected:
    UniqueDriverRekeyingWithoutIndexesTest() : UniqueDriverRekeyingTest(false) {}
};

TEST_F(UniqueDriverRekeyingTest, RenamesARecordThatHasNoOtherOfItsLicence) {
    put("u", "AB\u201112", {"d"}, R"(, "score": 5, "updated_ts": {"$timestamp": {"t": 100, "i": 1}})");
    EXPECT_EQ(rekey().renamed, 1U);
    EXPECT_THAT(records(), ElementsAre(Pair("u", "AB12: d")));
    EXPECT_EQ(record("u").view().find("score")->integer(), 5);
    EXPECT_GT(record("u").view().find("updated_ts")->timestamp().seconds, 100U);
}

TEST_F(UniqueDriverRekeyingTest, MergesIntoTheRecordThatHasTheNormalForm) {
    put("home", "AB12", {"d1"});
    put("u", "AB\u00a012", {"d1", "d2"}, R"(, "score": 5)");
    put("v", "AB\u201012", {"d3"});
    const Rekeying done = rekey();
    EXPECT_EQ(done.renamed, 0U);
    EXPECT_EQ(done.merged, 2U);
    EXPECT_THAT(records(), ElementsAre(Pair("home", AnyOf("AB12: d1 d2 d3", "AB12: d1 d3 d2")),
                                       Pair("u", "AB\u00a012:"), Pair("v", "AB\u201012:")));
    EXPECT_EQ(record("u").view().find("merged_into")->string(), "home");
    EXPECT_EQ(record("u").view().find("score")->integer(), 5);
}

TEST_F(UniqueDriverRekeyingTest, MakesOneOfSeveralSpellingsOfWhichNoneIsNormal) {
    put("u", "AB\u201012", {"d1"});
    put("v", "AB\u201112", {"d2"});
    const Rekeying done = rekey();
    EXPECT_EQ(done.renamed, 1U);
    EXPECT_EQ(done.merged, 1U);
    const auto now = records();
    EXPECT_TRUE(now.at("u") == "AB12: d1 d2" || now.at("v") == "AB12: d2 d1");
}

TEST_F(UniqueDriverRekeyingWithoutIndexesTest, MakesOneOfSeveralSpellingsWhereLicencesCannotBeUnique) {
    put("u", "AB\u201012", {"d1"});
    put("v", "AB\u201112", {"d2"});
    const Rekeying done = rekey();
    EXPECT_EQ(done.renamed, 1U);
    EXPECT_EQ(done.merged, 1U);
}

TEST_F(UniqueDriverRekeyingTest, LeavesAloneWhatIsInNormalForm) {
    put("u", "AB12", {"d1"}, R"(, "updated_ts": {"$timestamp": {"t": 100, "i": 1}})");
    put("v", "\u0416\u042f1", {"d2"}, R"(, "updated_ts": {"$timestamp": {"t": 100, "i": 1}})");
    put(R"({"_id": "w", "license": 5})");
    put(R"({"_id": "x"})");
    const Rekeying done = rekey();
    EXPECT_EQ(done.renamed + done.merged + done.left, 0U);
    EXPECT_EQ(record("u").view().find("updated_ts")->timestamp().seconds, 100U);
    EXPECT_EQ(record("v").view().find("updated_ts")->timestamp().seconds, 100U);
}

TEST_F(UniqueDriverRekeyingTest, HasNothingLeftToDoTheSecondTime) {
    put("home", "AB12", {"d1"});
    put("u", "AB\u00a012", {"d2"});
    put("v", "CD\u00a034", {"d3"});
    rekey();
    const auto before = records();
    const Rekeying again = rekey();
    EXPECT_EQ(again.renamed + again.merged + again.left, 0U);
    EXPECT_EQ(records(), before);
}

TEST_F(UniqueDriverRekeyingTest, GoesOnWhereItWasInterrupted) {
    // The profile has been added to the one and not yet been taken out of the other.
    put("home", "AB12", {"d1", "d2"});
    put("u", "AB\u00a012", {"d2"});
    EXPECT_EQ(rekey().merged, 1U);
    EXPECT_THAT(records(), UnorderedElementsAre(Pair("home", "AB12: d1 d2"), Pair("u", "AB\u00a012:")));
}

TEST_F(UniqueDriverRekeyingTest, TakesWhatAnEarlierVersionAddsAfterwards) {
    put("home", "AB12", {"d1"});
    put("u", "AB\u00a012", {"d2"});
    rekey();
    auto bulk = collection_.bulk();
    bulk.update_one(bson::from_json(R"({"_id": "u"})"), bson::from_json(R"({"$addToSet": {"profiles":
                                       {"park_id": "p", "driver_id": "d3", "app_family": "vezet"}}})"));
    ASSERT_THAT(bulk.execute().errors, IsEmpty());
    EXPECT_EQ(rekey().merged, 1U);
    EXPECT_EQ(records().at("home"), "AB12: d1 d2 d3");
}

TEST_F(UniqueDriverRekeyingTest, NamesWhatItHasToLeave) {
    put("home", "AB12", {"d1"});
    put(R"({"_id": "u", "license": "AB\u00a012", "profiles": "none"})");
    put(R"({"_id": "v", "license": "AB\u201012"})");
    const Rekeying done = rekey();
    EXPECT_EQ(done.left, 1U);
    EXPECT_THAT(done.left_ids, ElementsAre("u"));
}

TEST_F(UniqueDriverRekeyingTest, RekeysMoreThanOneBatch) {
    for (int i = 0; i < 450; ++i) {
        put("u" + std::to_string(i), "AB\u00a0" + std::to_string(i), {"d" + std::to_string(i)});
    }
    EXPECT_EQ(rekey().renamed, 450U);
    EXPECT_EQ(records().at("u449"), "AB449: d449");
}

}  // namespace
}  // namespace twinfleet::mirroring
