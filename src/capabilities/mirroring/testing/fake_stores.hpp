#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/passes/mirror_environment.hpp"
#include "capabilities/mirroring/stores/mirror_stores.hpp"
#include "capabilities/mirroring/testing/fake_entity_store.hpp"
#include "capabilities/mirroring/testing/fake_link_store.hpp"

namespace twinfleet::mirroring::testing {

/// All stores of the mirror as one process sees them, over a world in memory.
class FakeStores {
public:
    /// World and ids outlive this.
    FakeStores(FakeWorld& world, IdSource& ids, const std::string& runner = "runner");
    FakeStores(const FakeStores&) = delete;
    FakeStores& operator=(const FakeStores&) = delete;

    /// Refers to this object.
    [[nodiscard]] MirrorStores stores() noexcept { return {links, quarantine, entities, unique_drivers, ids_}; }

    FakeLinkStore links;
    FakeQuarantineStore quarantine;
    FakeUniqueDriverStore unique_drivers;
    EntityStoresByName entities;

private:
    std::vector<std::unique_ptr<FakeEntityStore>> owned_;
    IdSource& ids_;
};

/// A world in memory with what passes, creation and verification need of it; every park is enabled and nobody listens,
/// unless a test says otherwise. Calls are those of the runner `runner`.
class FakeEnvironment {
public:
    FakeEnvironment() : FakeEnvironment(nullptr) {}
    /// Over a world that there is already, which outlives this.
    explicit FakeEnvironment(FakeWorld& there) : FakeEnvironment(&there) {}
    FakeEnvironment(const FakeEnvironment&) = delete;
    FakeEnvironment& operator=(const FakeEnvironment&) = delete;

    /// The rest of the platform writes a document, whose fields are given as JSON without the braces.
    void put(std::string_view collection, const std::string& fields);
    /// The mirror has made a child, or reserved its id, or retired it: the link alone.
    void link(std::string_view entity_name, const Link& link, const domain::AppFamily& family);
    /// A park with a child of this id.
    void link_park(const std::string& id, const std::string& child_id, LinkState state = LinkState::linked);
    /// A parent is put aside.
    void put_into_quarantine(std::string_view entity_name, const std::string& id, const std::string& park_id);
    /// The stored link of that parent in `family`.
    [[nodiscard]] std::optional<Link> link_of(std::string_view entity_name, std::string_view parent_id) const;
    /// Documents of the entity, those that exist, in the order of their ids.
    [[nodiscard]] DocumentBatch fetch(std::string_view entity_name, const std::vector<std::string>& ids);

    const domain::AppFamily family{"vezet"};

private:
    explicit FakeEnvironment(FakeWorld* there);
    const std::unique_ptr<FakeWorld> owned_;

public:
    FakeWorld& world;
    RandomIdSource ids;
    FakeStores stores;
    platform::SystemClock clock;
    MirrorEnvironment environment;
};

}  // namespace twinfleet::mirroring::testing
