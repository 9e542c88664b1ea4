#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/verification/verification_store.hpp"
#include "capabilities/mirroring/passes/mirror_environment.hpp"
#include "capabilities/mirroring/passes/pass_request.hpp"

namespace twinfleet::mirroring {

/// How a child differs from what its parent says (contract, section 3).
enum class DifferenceType : std::uint8_t {
    missing,    ///< no child where there should be one
    extra,      ///< a child that has no link, or one whose parent is gone and that is not retired
    content,    ///< some fields have other values than they should
    reference,  ///< a reference leads to another document than it should, or the driver's profile stands in another
                ///< record of a unique driver than it should (misplaced_profiles.hpp)
    grants,     ///< a group or user may do more than read: a grant, or a mark that makes grants needless
};

[[nodiscard]] const char* to_string(DifferenceType type);

/// One difference that a verification found.
struct FoundDifference {
    const Entity* entity;
    std::string family;
    /// The id of the parent; empty where it is not known, since the child has no link (`extra`).
    std::string parent_id;
    /// The id of the child; empty where there is none yet (`missing`).
    std::string child_id;
    DifferenceType type;
    /// The names of the fields that differ; for a misplaced profile a code of misplaced_profiles.hpp.
    std::vector<std::string> fields;
    /// How long the child may have differed: since its parent changed last. nullopt when that is not known.
    std::optional<double> age_seconds;
};

/// What a verification has found.
struct VerificationSummary {
    /// How many children were compared.
    std::uint64_t checked = 0;
    std::uint64_t differences = 0;
    /// False when the verification was stopped before its end.
    bool is_complete = false;
};

/// How far a verification has come within one entity. A later one can begin there.
struct VerifyCheckpoint {
    VerifyPhase phase = VerifyPhase::links;
    std::optional<domain::ParentId> after;
};

/// Functions that are called during a verification.
struct VerifyListener {
    std::function<void(const FoundDifference&)> on_difference = [](const FoundDifference&) {};
    /// Called after every few hundred children with how far the verification has come, and with what it has found since
    /// the beginning of this call.
    std::function<void(const VerifyCheckpoint&, const VerificationSummary&)> on_checkpoint =
        [](const VerifyCheckpoint&, const VerificationSummary&) {};
};

/// Compares every child of one entity and family with its parent, as passes do, and looks at where the profiles of
/// child drivers stand, but writes nothing. Holds no more than
/// a batch of documents in memory. Throws what the stores throw.
///
/// Goes first through one link after the other, in order of parent id, asking for parents and children by id. Then
/// reads the whole source for what has no link: parents that should have a child, and children that the mirror did not
/// make. Begins at `start`; since the second part has no order, it always begins anew. A scope of some parks is
/// verified in one go, without checkpoints.
[[nodiscard]] VerificationSummary verify(const MirrorEnvironment& environment, const Entity& entity,
                                         const domain::AppFamily& family, const Scope& scope,
                                         const PassSettings& settings, const VerifyCheckpoint& start,
                                         const VerifyListener& listener, std::stop_token stop);

/// The same for the children of these parents only, as far as the parents have any.
[[nodiscard]] VerificationSummary verify_parents(const MirrorEnvironment& environment, const Entity& entity,
                                                 const domain::AppFamily& family, std::span<const std::string> ids,
                                                 const PassSettings& settings, const VerifyListener& listener);

}  // namespace twinfleet::mirroring
