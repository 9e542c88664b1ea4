#pragma once

#include <span>
#include <string_view>

#include "capabilities/mirroring/entities/entity.hpp"

namespace twinfleet::mirroring {

/// All entities, each behind those that it refers to: mirrored in this order, every reference finds its child.
[[nodiscard]] std::span<const Entity> entities();

/// The names of their jobs in the same order, each once.
[[nodiscard]] std::span<const std::string_view> jobs();

/// The entity of that name; nullptr when there is none. Addresses of entities stay the same and can be compared.
[[nodiscard]] const Entity* find_entity(std::string_view name);

/// The same for names that are known to exist. Throws std::out_of_range when there is none of that name.
[[nodiscard]] const Entity& entity(std::string_view name);

/// The entity `parks`.
[[nodiscard]] const Entity& park_entity();

}  // namespace twinfleet::mirroring
