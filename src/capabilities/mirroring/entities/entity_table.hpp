#pragma once

#include <span>
#include <string_view>

#include "capabilities/mirroring/entities/entity.hpp"

namespace twinfleet::mirroring {

/// All entities, each behind those it refers to: mirroring them in this order closes every reference.
[[nodiscard]] std::span<const Entity> entities();

/// The names of their jobs, each once, in the same order.
[[nodiscard]] std::span<const std::string_view> jobs();

/// nullptr when there is none of that name. The address is stable and can be compared.
[[nodiscard]] const Entity* find_entity(std::string_view name);

/// For names that are known to exist; throws std::out_of_range otherwise.
[[nodiscard]] const Entity& entity(std::string_view name);

/// `parks`.
[[nodiscard]] const Entity& park_entity();

}  // namespace twinfleet::mirroring
