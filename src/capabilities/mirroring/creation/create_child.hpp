#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capabilities/mirroring/passes/world.hpp"

namespace twinfleet::mirroring {

struct ChildDriver {
    domain::AppFamily family;
    domain::ChildId driver_id;
    domain::ChildParkId park_id;
    /// Empty when the driver has none, or it could not be mirrored.
    std::optional<domain::ChildId> car_id;
    std::optional<domain::ChildId> rule_id;
    /// False: it was there.
    bool created = false;
};

/// Why there is no child driver (contract, section 4).
enum class CreationRefusal : std::uint8_t {
    driver_not_found,
    driver_is_child,
    park_not_mirrored,
    driver_not_working,
    driver_quarantined,
};

/// The contract's code.
[[nodiscard]] std::string_view to_string(CreationRefusal refusal);
/// A sentence for a person.
[[nodiscard]] std::string_view message_of(CreationRefusal refusal);

/// What creation came to on its way, for whoever has to find out why it failed. Holds no data.
struct CreationStep {
    /// `driver`, `park`, `rule`, `car`, `profile`.
    std::string_view step;
    /// `found`, `made`, `left_out` (a reference that cannot be followed), `refused`.
    std::string_view outcome;
    bool operator==(const CreationStep&) const = default;
};

struct CreationRefused {
    CreationRefusal refusal;
    /// Of a quarantined driver: the reason.
    std::string reason;
    /// In the order in which they were taken.
    std::vector<CreationStep> steps;
};

using CreationAnswer = std::variant<ChildDriver, CreationRefused>;

/// Makes the child of a driver, with the work rule and the car it needs, or finds the one that is there. Idempotent,
/// and safe beside the jobs and beside itself: however many ask at once, one child comes of it. Throws what the stores
/// throw.
[[nodiscard]] CreationAnswer create_child_driver(const World& world, const domain::AppFamily& family,
                                                 const domain::ParentId& parent_driver_id);

/// The same for several drivers, each named once, at little more than the cost of one: one answer for each, in order.
/// When it throws, some of the children may have been made.
[[nodiscard]] std::vector<CreationAnswer> create_child_drivers(const World& world, const domain::AppFamily& family,
                                                               std::span<const domain::ParentId> parent_driver_ids);

}  // namespace twinfleet::mirroring
