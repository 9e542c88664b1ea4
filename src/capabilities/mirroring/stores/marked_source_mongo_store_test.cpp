#include <array>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/stores/marked_source_mongo.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {
namespace {

class MarkedSourceMongoTest : public ::testing::Test {
protected:
    void put(const std::string& collection, const std::string& document) const {
        auto bulk = mongo_.pool().collection(database_, collection).bulk();
        bulk.insert(bson::from_json(document));
        ASSERT_TRUE(bulk.execute().errors.empty());
    }

    const twinfleet::testing::TestMongo mongo_;
    const std::string database_ = mongo_.database_name("marked");
    MarkedSourceMongo source_{mongo_.pool(), {.database = database_}};
};

TEST_F(MarkedSourceMongoTest, TheFirstMarkerStaysUntilItIsReplaced) {
    EXPECT_EQ(source_.marker(), std::nullopt);
    EXPECT_EQ(source_.leave("first"), "first");
    EXPECT_EQ(source_.leave("second"), "first");
    MarkedSourceMongo of_another_process(mongo_.pool(), {.database = database_});
    EXPECT_EQ(of_another_process.marker(), "first");
    source_.replace("third");
    EXPECT_EQ(of_another_process.marker(), "third");
}

TEST_F(MarkedSourceMongoTest, AClusterWithoutAMarkerGetsTheOneThatReplacesIt) {
    source_.replace("first");
    EXPECT_EQ(source_.marker(), "first");
}

TEST_F(MarkedSourceMongoTest, TellsWhichDocumentsExist) {
    Entity drivers = entity("drivers");
    drivers.database = database_;
    put("drivers", R"({"_id": "a", "updated_ts": 1})");
    put("drivers", R"({"_id": "b", "updated_ts": 2})");
    EXPECT_EQ(source_.count_existing(drivers, std::array<std::string, 3>{"a", "b", "c"}), 2U);
    EXPECT_EQ(source_.count_existing(drivers, {}), 0U);
}

TEST_F(MarkedSourceMongoTest, TellsWhetherThereAreChildParks) {
    EXPECT_FALSE(source_.has_child_parks());
    put("parks", R"({"_id": "parent", "login": "a"})");
    put("parks", R"({"_id": "odd", "login": "c", "parent_park_id": null})");
    EXPECT_FALSE(source_.has_child_parks());
    put("parks", R"({"_id": "child", "login": "b", "parent_park_id": "parent"})");
    EXPECT_TRUE(source_.has_child_parks());
}

}  // namespace
}  // namespace twinfleet::mirroring
