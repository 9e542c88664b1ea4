#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "capabilities/mirroring/entities/entity.hpp"

namespace twinfleet::mirroring {

/// A MongoDB cluster as far as it can be told from others: by a marker, a text of 32 random hex digits that the mirror
/// leaves in it (contract, section 1). Nothing that every cluster has by itself would do: the id of a replica set takes
/// rights to read, a sharded cluster has another one, and a restored copy has none of the original's.
///
/// Every call throws as EntityStore does and may be repeated. Safe to use from any thread.
class MarkedSource {
public:
    MarkedSource() = default;
    MarkedSource(const MarkedSource&) = delete;
    MarkedSource& operator=(const MarkedSource&) = delete;
    virtual ~MarkedSource() = default;

    /// nullopt when the cluster has none.
    [[nodiscard]] virtual std::optional<std::string> marker() = 0;
    /// Leaves the marker in the cluster unless it has one. Returns the one that is there then.
    [[nodiscard]] virtual std::string leave(const std::string& marker) = 0;
    /// Leaves this marker in place of any other.
    virtual void replace(const std::string& marker) = 0;
    /// How many of these documents of an entity that MongoDB stores exist.
    [[nodiscard]] virtual std::size_t count_existing(const Entity& entity, std::span<const std::string> ids) = 0;
    /// Whether there is any child park, whoever made it.
    [[nodiscard]] virtual bool has_child_parks() = 0;
};

}  // namespace twinfleet::mirroring
