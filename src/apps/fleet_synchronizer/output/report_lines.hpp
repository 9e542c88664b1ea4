#pragma once

#include <string>

#include "capabilities/mirroring/creation/create_child.hpp"
#include "capabilities/mirroring/memory/erasures/erasure_store.hpp"
#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "capabilities/mirroring/passes/mirror_environment.hpp"
#include "capabilities/mirroring/verification/verify.hpp"

/// What the commands print, each thing as JSON with the keys of the contract (section 3) and as text for a person. A
/// JSON text is one line; a text for a person is one line where nothing else is said.
namespace twinfleet::fleet_synchronizer {

[[nodiscard]] std::string job_json(const mirroring::RunReport& report);
/// One row of a table whose columns job_table_header() names. `with them` is RunCounts::created_with, all entities
/// together.
[[nodiscard]] std::string job_table_row(const mirroring::RunReport& report);
[[nodiscard]] std::string job_table_header();

/// An operation of a dry run with its differences field by field. Where a field is missing in the parent's projection
/// or in the child, that side of the difference is null.
[[nodiscard]] std::string operation_json(const mirroring::OperationReport& operation);
/// The same in several lines.
[[nodiscard]] std::string operation_text(const mirroring::OperationReport& operation);

[[nodiscard]] std::string difference_json(const mirroring::FoundDifference& difference);
[[nodiscard]] std::string difference_text(const mirroring::FoundDifference& difference);

[[nodiscard]] std::string links_json(std::string_view entity, const mirroring::LinkAnswer& answer);
/// The same in several lines.
[[nodiscard]] std::string links_text(std::string_view entity, const mirroring::LinkAnswer& answer);

[[nodiscard]] std::string quarantine_json(const mirroring::QuarantineEntry& entry);
[[nodiscard]] std::string quarantine_text(const mirroring::QuarantineEntry& entry);

[[nodiscard]] std::string child_driver_json(const mirroring::ChildDriver& child);
[[nodiscard]] std::string child_driver_text(const mirroring::ChildDriver& child);
[[nodiscard]] std::string refusal_json(const mirroring::CreationRefused& refused);
[[nodiscard]] std::string refusal_text(const mirroring::CreationRefused& refused);

[[nodiscard]] std::string erasure_json(const mirroring::Erasure& erasure);
/// The same in several lines.
[[nodiscard]] std::string erasure_text(const mirroring::Erasure& erasure);

/// The number with its digits in groups of three: `12,345`.
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace twinfleet::fleet_synchronizer
