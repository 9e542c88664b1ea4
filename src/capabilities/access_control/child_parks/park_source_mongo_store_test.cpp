#include <gtest/gtest.h>

#include "capabilities/access_control/child_parks/park_source_mongo.hpp"
#include "platform/errors/store_error.hpp"
#include "tests/support/loopback_port.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::access_control {
namespace {

TEST(MongoParkSource, AParkWithAFleetTypeIsAChild) {
    twinfleet::testing::TestMongo mongo;
    const std::string database = mongo.database_name("parks");
    auto bulk = mongo.pool().collection(database, "parks").bulk();
    bulk.insert(bson::from_json(R"({"_id": "child", "fleet_type": "vezet", "name": "a"})"));
    bulk.insert(bson::from_json(R"({"_id": "parent", "name": "b"})"));
    // Of writers that write every field.
    bulk.insert(bson::from_json(R"({"_id": "parent of null", "fleet_type": null})"));
    bulk.insert(bson::from_json(R"({"_id": "parent of nothing", "fleet_type": ""})"));
    static_cast<void>(bulk.execute());
    const MongoParkSource source(mongo.pool(), database);

    EXPECT_TRUE(source.is_child(ParkId("child")));
    EXPECT_FALSE(source.is_child(ParkId("parent")));
    EXPECT_FALSE(source.is_child(ParkId("parent of null")));
    EXPECT_FALSE(source.is_child(ParkId("parent of nothing")));
    EXPECT_FALSE(source.is_child(ParkId("nobody's")));
}

TEST(MongoParkSource, IsAwayWithItsServer) {
    const mongo::Pool pool({.uri = "mongodb://127.0.0.1:" + std::to_string(twinfleet::testing::free_loopback_port()),
                            .server_selection_timeout = std::chrono::milliseconds(50)});
    const MongoParkSource source(pool);

    EXPECT_THROW(static_cast<void>(source.is_child(ParkId("any"))), platform::StoreUnavailable);
}

}  // namespace
}  // namespace twinfleet::access_control
