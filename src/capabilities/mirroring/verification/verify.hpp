#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "capabilities/mirroring/passes/mirror_pass.hpp"

namespace twinfleet::mirroring {

/// How a child differs from what its parent says (contract, section 3).
enum class DifferenceType : std::uint8_t {
    missing,    ///< no child where there should be one
    extra,      ///< a child without a link, or whose parent is gone and that is not retired
    content,    ///< other values
    reference,  ///< a reference that leads elsewhere
    grants,     ///< a grant that allows a change
};

[[nodiscard]] const char* to_string(DifferenceType type);

struct FoundDifference {
    const Entity* entity;
    std::string family;
    /// Empty: not known (extra).
    std::string parent_id;
    /// Empty: none yet (missing).
    std::string child_id;
    DifferenceType type;
    std::vector<std::string> fields;
    /// How long it may have been so: since the parent changed last, as far as that is known.
    std::optional<double> age_seconds;
};

struct VerificationSummary {
    /// Children compared.
    std::uint64_t checked = 0;
    std::uint64_t differences = 0;
    bool is_complete = false;
};

/// Compares every child of one entity and family with its parent: the planner of the passes, with nothing written. Memory is
/// bounded by the batch.
[[nodiscard]] VerificationSummary verify(const World& world, const Entity& entity, const domain::AppFamily& family,
                                         const Scope& scope, const PassSettings& settings,
                                         const std::function<void(const FoundDifference&)>& on_difference,
                                         std::stop_token stop);

}  // namespace twinfleet::mirroring
