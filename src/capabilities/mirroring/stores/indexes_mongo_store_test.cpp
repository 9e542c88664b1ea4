#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/stores/indexes_mongo.hpp"
#include "platform/errors/store_error.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

class IndexesMongoTest : public ::testing::Test {
protected:
    IndexesMongoTest() {
        for (const Entity& row : entities()) {
            Entity renamed = row;
            renamed.database = database_;
            rows_.push_back(renamed);
        }
    }

    std::vector<std::string> make() const {
        return make_indexes(mongo_.pool(), rows_, {.database = database_, .collection = "unique_drivers"});
    }
    void put(const std::string& collection, const std::string& document) const {
        auto bulk = mongo_.pool().collection(database_, collection).bulk();
        bulk.insert(bson::from_json(document));
        ASSERT_THAT(bulk.execute().errors, IsEmpty());
    }
    [[nodiscard]] bool accepts(const std::string& collection, const std::string& document) const {
        auto bulk = mongo_.pool().collection(database_, collection).bulk();
        bulk.insert(bson::from_json(document));
        return bulk.execute().errors.empty();
    }
    [[nodiscard]] std::vector<std::string> names(const std::string& collection) const {
        std::vector<std::string> names;
        const auto answer = mongo_.pool().command(database_, bson::Builder().string("listIndexes", collection).take());
        for (const auto& element : answer.view().find("cursor")->document().find("firstBatch")->document()) {
            names.emplace_back(element.document().find("name")->string());
        }
        return names;
    }

    const twinfleet::testing::TestMongo mongo_;
    const std::string database_ = mongo_.database_name("fleet");
    std::vector<Entity> rows_;
};

TEST_F(IndexesMongoTest, MakesThoseOfTheContract) {
    EXPECT_THAT(make(), IsEmpty());
    EXPECT_THAT(names("parks"), IsSupersetOf({"updated_ts_id", "login", "parent_park_id"}));
    EXPECT_THAT(names("work_rules"), IsSupersetOf({"updated_ts_id", "park_id"}));
    EXPECT_THAT(names("cars"), IsSupersetOf({"updated_ts_id", "park_id"}));
    EXPECT_THAT(names("drivers"), IsSupersetOf({"updated_ts_id", "park_id", "phones", "license_number"}));
    EXPECT_THAT(names("unique_drivers"), IsSupersetOf({"updated_ts_id", "license", "profiles_driver_id"}));
    EXPECT_TRUE(accepts("parks", R"({"_id": "a", "login": "l"})"));
    EXPECT_FALSE(accepts("parks", R"({"_id": "b", "login": "l"})"));
    EXPECT_TRUE(accepts("unique_drivers", R"({"_id": "a", "license": "l"})"));
    EXPECT_FALSE(accepts("unique_drivers", R"({"_id": "b", "license": "l"})"));
}

TEST_F(IndexesMongoTest, MakesThemAgainWithoutHarm) {
    EXPECT_THAT(make(), IsEmpty());
    put("parks", R"({"_id": "a", "login": "l"})");
    EXPECT_THAT(make(), IsEmpty());
}

TEST_F(IndexesMongoTest, MakesAPlainIndexWhereLicencesAreNotUnique) {
    put("unique_drivers", R"({"_id": "a", "license": "l"})");
    put("unique_drivers", R"({"_id": "b", "license": "l"})");
    EXPECT_THAT(make(), ElementsAre(database_ + ".unique_drivers.license"));
    EXPECT_TRUE(accepts("unique_drivers", R"({"_id": "c", "license": "l"})"));
    EXPECT_THAT(make(), ElementsAre(database_ + ".unique_drivers.license"));
}

TEST_F(IndexesMongoTest, InsistsOnUniqueLogins) {
    put("parks", R"({"_id": "a", "login": "l"})");
    put("parks", R"({"_id": "b", "login": "l"})");
    try {
        make();
        FAIL() << "the index was made";
    } catch (const platform::StoreRefused& refusal) {
        EXPECT_THAT(refusal.what(), HasSubstr("\"login\" on " + database_ + ".parks has to be unique"));
    }
}

TEST_F(IndexesMongoTest, InsistsOnUniqueLoginsWhereAPlainIndexIsInTheWay) {
    mongo_.pool()
        .collection(database_, "parks")
        .create_index(bson::from_json(R"({"key": {"login": 1}, "name": "login"})"));
    EXPECT_THROW(make(), platform::StoreRefused);
}

}  // namespace
}  // namespace twinfleet::mirroring
