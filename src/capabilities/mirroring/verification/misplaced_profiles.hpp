#pragma once

#include <cstddef>
#include <map>
#include <string_view>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/passes/mirror_batch.hpp"
#include "capabilities/mirroring/stores/unique_driver_store.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::mirroring {

/// How the profile of a child driver is misplaced in `dbtaxi.unique_drivers` (contract, section 3), by the position of
/// its item in the batch. One of `unique_driver:missing` (in no record), `unique_driver:wrong` (in the record of
/// another licence only, or in one although he has no licence), `unique_driver:twice` (in two records, or more than
/// once in one) and `unique_driver:content` (with another park or family).
using MisplacedProfiles = std::map<std::size_t, std::string_view>;

/// Looks at the profiles of all children of the batch that exist and are compared. Nothing for entities without
/// profiles. Throws what the store throws.
[[nodiscard]] MisplacedProfiles misplaced_profiles(UniqueDriverStore& store, const Entity& entity,
                                                   const domain::AppFamily& family, const MirrorBatch& batch);

}  // namespace twinfleet::mirroring
