#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include "capabilities/mirroring/memory/runs/run_store.hpp"

namespace twinfleet::mirroring {

/// RunCounts::created_with as `run --json`, the API and `fleet_sync.job_runs` have it (contract, section 3):
/// `{"cars": 3, "work_rules": 0}`. These two, which drivers need, are always there; of other entities only those of
/// which any were made.
[[nodiscard]] boost::json::object created_with_json(const CountsByEntity& created_with);

/// The same backwards; an entity with 0 is left out. Throws std::exception when the text is no object of numbers.
[[nodiscard]] CountsByEntity created_with_from_json(std::string_view text);

}  // namespace twinfleet::mirroring
