#pragma once

#include <functional>
#include <map>
#include <string>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "capabilities/mirroring/stores/id_source.hpp"
#include "capabilities/mirroring/stores/unique_driver_store.hpp"

namespace twinfleet::mirroring {

/// The document store of each entity, by the entity's name. Groups and users have none in an installation without
/// access-control.
using EntityStoresByName = std::map<std::string, EntityStore*, std::less<>>;

/// All stores that mirroring reads and writes. The stores outlive every object that is given this struct. They are safe
/// to use from several threads.
struct MirrorStores {
    LinkStore& links;
    QuarantineStore& quarantine;
    const EntityStoresByName& entities;
    UniqueDriverStore& unique_drivers;
    IdSource& ids;

    /// The documents of an entity, which must have a store.
    [[nodiscard]] EntityStore& of(const Entity& entity) const { return *entities.find(entity.name)->second; }
};

}  // namespace twinfleet::mirroring
