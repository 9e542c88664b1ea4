#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capabilities/mirroring/passes/mirror_environment.hpp"

namespace twinfleet::mirroring {

/// The child of a driver, whether it was made now or was there before.
struct ChildDriver {
    domain::AppFamily family;
    domain::ChildId driver_id;
    domain::ChildParkId park_id;
    /// The child's car and work rule. Empty when the driver has none, or when they cannot be mirrored.
    std::optional<domain::ChildId> car_id;
    std::optional<domain::ChildId> rule_id;
    /// Whether this call made the child; false when it was there before.
    bool created = false;
};

/// Why there is no child driver (contract, section 4).
enum class CreationRefusal : std::uint8_t {
    driver_not_found,    ///< there is no driver with that id, or his data was erased
    driver_is_child,     ///< he is in a child park, or is a child that the mirror made
    park_not_mirrored,   ///< his park has no child in this family, or a retired one
    driver_not_working,  ///< his `work_status` is not `working`
    driver_quarantined,  ///< he, or his park, cannot be mirrored: he is in quarantine for CreationRefused::reason
};

/// The contract's code.
[[nodiscard]] std::string_view to_string(CreationRefusal refusal);
/// A sentence for a person.
[[nodiscard]] std::string_view message_of(CreationRefusal refusal);

/// One step that creation took before it failed, to help find out why. Holds no data of the driver.
struct CreationStep {
    /// `driver`, `park`, `rule`, `car`, `profile`.
    std::string_view step;
    /// `found`, `made`, `left_out` (a reference that cannot be followed), `refused`.
    std::string_view outcome;
    bool operator==(const CreationStep&) const = default;
};

/// Why there is no child driver, and how far creation came.
struct CreationRefused {
    CreationRefusal refusal;
    /// Why a driver is in quarantine; empty for other refusals.
    std::string reason;
    /// The steps in the order in which they were taken.
    std::vector<CreationStep> steps;
};

using CreationAnswer = std::variant<ChildDriver, CreationRefused>;

/// Makes the child of a driver, with the work rule and the car that it refers to, or finds the child that is there. May
/// be repeated, and may run beside the jobs and other calls: however many calls ask for a child at once, one is made.
/// Throws what the stores throw.
[[nodiscard]] CreationAnswer create_child_driver(const MirrorEnvironment& environment, const domain::AppFamily& family,
                                                 const domain::ParentId& parent_driver_id);

/// The same for several drivers of one family, each named once, at little more than the cost of one driver. Returns one
/// answer for each, in the same order. When it throws, some of the children may have been made.
[[nodiscard]] std::vector<CreationAnswer> create_child_drivers(const MirrorEnvironment& environment,
                                                               const domain::AppFamily& family,
                                                               std::span<const domain::ParentId> parent_driver_ids);

}  // namespace twinfleet::mirroring
