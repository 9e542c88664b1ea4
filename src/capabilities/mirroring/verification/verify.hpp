#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/verification/verification_store.hpp"
#include "capabilities/mirroring/passes/mirror_pass.hpp"

namespace twinfleet::mirroring {

/// How a child differs from what its parent says (contract, section 3).
enum class DifferenceType : std::uint8_t {
    missing,    ///< no child where there should be one
    extra,      ///< a child without a link, or whose parent is gone and that is not retired
    content,    ///< other values
    reference,  ///< a reference that leads elsewhere
    grants,     ///< a grant that allows a change, or a mark of whoever needs none
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

/// Where to begin within the entity, and what is done by then: a place to go on from.
struct VerifyCheckpoint {
    VerifyPhase phase = VerifyPhase::links;
    std::optional<domain::ParentId> after;
};

struct VerifyListener {
    std::function<void(const FoundDifference&)> on_difference = [](const FoundDifference&) {};
    /// Told after every few hundred children, with what was found since the beginning of this call.
    std::function<void(const VerifyCheckpoint&, const VerificationSummary&)> on_checkpoint =
        [](const VerifyCheckpoint&, const VerificationSummary&) {};
};

/// Compares every child of one entity and family with its parent: the planner of the passes, with nothing written.
/// Memory is bounded by the batch.
///
/// First one link after the other, in order of parent id, with parents and children asked for by id; then one read of
/// the source for what has no link: parents that should have a child, and children that nobody made. Begins at `start`;
/// the second part has no order and begins anew. A scope of some parks is read as it comes, and has no checkpoints.
[[nodiscard]] VerificationSummary verify(const World& world, const Entity& entity, const domain::AppFamily& family,
                                         const Scope& scope, const PassSettings& settings,
                                         const VerifyCheckpoint& start, const VerifyListener& listener,
                                         std::stop_token stop);

/// Compares the children of these parents, as far as they have any.
[[nodiscard]] VerificationSummary verify_parents(const World& world, const Entity& entity,
                                                 const domain::AppFamily& family, std::span<const std::string> ids,
                                                 const PassSettings& settings, const VerifyListener& listener);

}  // namespace twinfleet::mirroring
