#include <array>
#include <memory>

#include "capabilities/mirroring/stores/entity_store_mongo.hpp"
#include "capabilities/mirroring/stores/id_source.hpp"
#include "capabilities/mirroring/stores/indexes_mongo.hpp"
#include "capabilities/mirroring/stores/unique_driver_store_mongo.hpp"
#include "capabilities/mirroring/testing/entity_store_contract.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"
#include "capabilities/mirroring/testing/link_store_contract.hpp"
#include "tests/support/embedded_mongo.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring::testing {
namespace {

class PostgresLinkStores final : public LinkStoresUnderTest {
public:
    LinkStore& links() override { return stores_.links; }
    LeaseStore& leases() override { return stores_.leases; }
    QuarantineStore& quarantine() override { return stores_.quarantine; }
    FullRoundStore& rounds() override { return stores_.rounds; }

private:
    FreshPostgresStores stores_;
};

class MongoEntityStore final : public EntityStoreUnderTest {
public:
    MongoEntityStore(const Entity& entity, std::unique_ptr<twinfleet::testing::TestMongo> mongo)
        : mongo_(std::move(mongo)),
          database_(mongo_->database_name("contract")),
          entity_(in_database(entity, database_)),
          collection_(mongo_->pool().collection(database_, std::string(entity.collection))) {
        make_indexes(mongo_->pool(), std::array{entity_}, {.database = database_, .collection = "unique_drivers"});
    }

    EntityStore& store() override { return store_; }
    void put_as_is(const bson::Document& document) override { twinfleet::testing::put_as_is(collection_, document); }

private:
    static Entity in_database(Entity entity, std::string_view database) {
        entity.database = database;
        return entity;
    }

    const std::unique_ptr<twinfleet::testing::TestMongo> mongo_;
    const std::string database_;
    const Entity entity_;
    const mongo::Collection collection_;
    EntityStoreMongo store_{mongo_->pool(), entity_, {}};
};

class MongoUniqueDrivers final : public UniqueDriverStoreUnderTest {
public:
    MongoUniqueDrivers() {
        make_indexes(mongo_.pool(), {}, {.database = settings_.database, .collection = settings_.collection});
    }

    UniqueDriverStore& store() override { return store_; }
    void put_as_is(const bson::Document& document) override { twinfleet::testing::put_as_is(collection_, document); }
    std::vector<bson::Document> documents() override {
        std::vector<bson::Document> found;
        auto cursor = collection_.find({});
        while (const auto document = cursor.next()) {
            found.emplace_back(*document);
        }
        return found;
    }

private:
    const twinfleet::testing::TestMongo mongo_;
    const UniqueDriverStoreMongo::Settings settings_{.database = mongo_.database_name("contract"),
                                                     .collection = "unique_drivers"};
    const mongo::Collection collection_ = mongo_.pool().collection(settings_.database, settings_.collection);
    RandomIdSource ids_;
    UniqueDriverStoreMongo store_{mongo_.pool(), ids_, settings_};
};

std::unique_ptr<LinkStoresUnderTest> make_link_stores() {
    return std::make_unique<PostgresLinkStores>();
}

std::unique_ptr<EntityStoreUnderTest> make_entity_store(const Entity& entity) {
    return std::make_unique<MongoEntityStore>(entity, std::make_unique<twinfleet::testing::TestMongo>());
}

std::unique_ptr<EntityStoreUnderTest> make_entity_store_on_similar_server(const Entity& entity) {
    static const twinfleet::testing::EmbeddedMongo server({}, twinfleet::testing::MongoLikeness::only_similar);
    return std::make_unique<MongoEntityStore>(entity, std::make_unique<twinfleet::testing::TestMongo>(server.uri()));
}

std::unique_ptr<UniqueDriverStoreUnderTest> make_unique_drivers() {
    return std::make_unique<MongoUniqueDrivers>();
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Postgres, LinkStoreContract, ::testing::Values(make_link_stores));
INSTANTIATE_TEST_SUITE_P(Postgres, LinksOfDrivers, ::testing::Values(make_link_stores));
INSTANTIATE_TEST_SUITE_P(Mongo, EntityStoreContract,
                         ::testing::Values(make_entity_store, make_entity_store_on_similar_server));
INSTANTIATE_TEST_SUITE_P(Mongo, UniqueDriverStoreContract, ::testing::Values(make_unique_drivers));

}  // namespace twinfleet::mirroring::testing
