#include <memory>

#include "capabilities/mirroring/testing/entity_store_contract.hpp"
#include "capabilities/mirroring/testing/fake_entity_store.hpp"
#include "capabilities/mirroring/testing/fake_link_store.hpp"
#include "capabilities/mirroring/testing/link_store_contract.hpp"
#include "capabilities/mirroring/testing/record_store_contract.hpp"

namespace twinfleet::mirroring::testing {
namespace {

class FakeLinkStores final : public LinkStoresUnderTest {
public:
    LinkStore& links() override { return links_; }
    LeaseStore& leases() override { return leases_; }
    QuarantineStore& quarantine() override { return quarantine_; }
    FullRoundStore& rounds() override { return rounds_; }
    void let_time_pass(std::chrono::milliseconds duration) override { world_.advance(duration.count()); }

private:
    FakeWorld world_;
    FakeLinkStore links_{world_};
    FakeLeaseStore leases_{world_};
    FakeQuarantineStore quarantine_{world_};
    FakeFullRoundStore rounds_{world_};
};

class FakeEntityStoreUnderTest final : public EntityStoreUnderTest {
public:
    FakeEntityStoreUnderTest(const Entity& entity, WorldSettings settings)
        : entity_(entity), world_(settings), store_(world_, entity) {}

    EntityStore& store() override { return store_; }
    void put_as_is(const bson::Document& document) override { world_.put_as_is(entity_.name, document); }

private:
    const Entity& entity_;
    FakeWorld world_;
    FakeEntityStore store_;
};

class FakeUniqueDrivers final : public UniqueDriverStoreUnderTest {
public:
    UniqueDriverStore& store() override { return store_; }
    void put_as_is(const bson::Document& document) override { world_.put_as_is("unique_drivers", document); }
    std::vector<bson::Document> documents() override { return world_.documents("unique_drivers"); }

private:
    FakeWorld world_;
    FakeUniqueDriverStore store_{world_};
};

class FakeRecordStores final : public RecordStoresUnderTest {
public:
    EntityStore& groups() override { return groups_; }
    EntityStore& users() override { return users_; }

private:
    FakeWorld world_;
    FakeEntityStore groups_{world_, entity("groups")};
    FakeEntityStore users_{world_, entity("users")};
};

std::unique_ptr<LinkStoresUnderTest> make_link_stores() {
    return std::make_unique<FakeLinkStores>();
}

std::unique_ptr<EntityStoreUnderTest> make_live(const Entity& entity) {
    return std::make_unique<FakeEntityStoreUnderTest>(entity, WorldSettings{});
}

std::unique_ptr<EntityStoreUnderTest> make_snapshots(const Entity& entity) {
    return std::make_unique<FakeEntityStoreUnderTest>(entity, WorldSettings{.streams_are_snapshots = true});
}

std::unique_ptr<EntityStoreUnderTest> make_on_server_that_keeps_empty_times(const Entity& entity) {
    return std::make_unique<FakeEntityStoreUnderTest>(entity, WorldSettings{.keeps_empty_times = true});
}

std::unique_ptr<UniqueDriverStoreUnderTest> make_unique_drivers() {
    return std::make_unique<FakeUniqueDrivers>();
}

std::unique_ptr<RecordStoresUnderTest> make_record_stores() {
    return std::make_unique<FakeRecordStores>();
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Fake, LinkStoreContract, ::testing::Values(make_link_stores));
INSTANTIATE_TEST_SUITE_P(Fake, LinksOfDrivers, ::testing::Values(make_link_stores));
INSTANTIATE_TEST_SUITE_P(Fake, EntityStoreContract,
                         ::testing::Values(make_live, make_snapshots, make_on_server_that_keeps_empty_times));
INSTANTIATE_TEST_SUITE_P(Fake, UniqueDriverStoreContract, ::testing::Values(make_unique_drivers));
INSTANTIATE_TEST_SUITE_P(Fake, RecordStoreContract, ::testing::Values(make_record_stores));

}  // namespace twinfleet::mirroring::testing
