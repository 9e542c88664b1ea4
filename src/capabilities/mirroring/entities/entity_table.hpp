#pragma once

#include <span>
#include <string_view>

#include "capabilities/mirroring/entities/entity.hpp"

namespace twinfleet::mirroring {

/// All entities. Each comes after those that it refers to, so that mirroring them in this order closes every reference.
[[nodiscard]] std::span<const Entity> entities();

/// The names of the jobs of all entities, each once, in the same order.
[[nodiscard]] std::span<const std::string_view> jobs();

/// The entity of that name; nullptr when there is none. Addresses of entities are stable and can be compared.
[[nodiscard]] const Entity* find_entity(std::string_view name);

/// The entity of that name, which is known to exist. Throws std::out_of_range when it does not.
[[nodiscard]] const Entity& entity(std::string_view name);

/// The entity `parks`.
[[nodiscard]] const Entity& park_entity();

}  // namespace twinfleet::mirroring
