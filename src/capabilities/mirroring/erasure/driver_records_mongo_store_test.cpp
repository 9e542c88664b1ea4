#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/erasure/driver_records_mongo.hpp"
#include "platform/bson/builder.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DriverRecordsInMongo : public ::testing::Test {
protected:
    void put(const std::string& json) {
        auto bulk = collection_.bulk();
        bulk.insert(bson::from_json(json));
        EXPECT_EQ(bulk.execute().inserted, 1U);
    }
    std::string record(const std::string& id) {
        auto cursor = collection_.find(bson::Builder().string("_id", id).take());
        const auto document = cursor.next();
        return document ? bson::to_extended_json(bson::View(*document)) : "none";
    }

    const twinfleet::testing::TestMongo mongo_;
    const MongoDriverRecords::Settings settings_{.database = mongo_.database_name("dbtaxi"),
                                                 .collection = "unique_drivers"};
    const mongo::Collection collection_ = mongo_.pool().collection(settings_.database, settings_.collection);
    MongoDriverRecords records_{mongo_.pool(), settings_};
};

TEST_F(DriverRecordsInMongo, AreRemovedWhereNobodyElseIsInThemAndElseLoseTheProfiles) {
    put(R"({"_id": "own", "license": "77AA", "profiles": [{"park_id": "p", "driver_id": "ann", "app_family": "taximeter"},
                                                          {"park_id": "c", "driver_id": "child", "app_family": "vezet"}]})");
    put(R"({"_id": "shared", "license": "77BB", "profiles": [{"park_id": "c", "driver_id": "child", "app_family": "vezet"},
                                                             {"park_id": "q", "driver_id": "bob", "app_family": "taximeter"}]})");
    put(R"({"_id": "other", "license": "77CC", "profiles": [{"park_id": "q", "driver_id": "eve", "app_family": "taximeter"}]})");
    const std::vector<std::string> ids{"ann", "child"};
    const auto erased = records_.erase(ids);
    EXPECT_EQ(erased.records, 1U);
    EXPECT_EQ(erased.profiles, 1U);
    EXPECT_EQ(record("own"), "none");
    EXPECT_THAT(record("shared"), Not(HasSubstr("child")));
    EXPECT_THAT(record("shared"), HasSubstr("bob"));
    EXPECT_THAT(record("other"), HasSubstr("eve"));
    const auto again = records_.erase(ids);
    EXPECT_EQ(again.records + again.profiles, 0U);
}

}  // namespace
}  // namespace twinfleet::mirroring
