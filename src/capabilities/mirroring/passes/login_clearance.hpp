#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/passes/batch_planner.hpp"
#include "capabilities/mirroring/passes/foreign_edit_recorder.hpp"

namespace twinfleet::mirroring {

/// Sees to it that a login goes to whom it belongs. When the store refuses a child because another account of its park
/// has the login, the question is whether that account is still entitled to it:
///
///     its parent is gone, or is not mirrored any more     it is retired at once, and the store takes its login away
///     its parent has another login by now                 it gets a stand-in for its login, and is brought into step
///                                                         at once, however many wait for one another in a circle
///     it is no copy (the master account of the park)      it keeps the login, and the item is told who has it
///
/// Lives for the time in which one batch is settled. Only the holder of the lease of the job does this.
class LoginClearance {
public:
    /// All arguments outlive this.
    LoginClearance(const BatchContext& context, ParkStandings& parks, BatchPlanner& planner,
                   ForeignEditRecorder& foreign_edits, MirrorBatch& batch);

    /// Clears the way for the items at these positions, whose children were refused for their logins. Returns the
    /// positions, in ascending order, that are to be written next: those of the items again, and those of the children
    /// that are to give a login up, which are added to the batch if need be. An item whose child cannot have its login
    /// gets `login_holder`. To be called until nothing is left to be written; in the end every item has its login or a
    /// holder of it. Throws what the stores throw, and LeaseLost.
    [[nodiscard]] std::vector<std::size_t> clear(std::vector<std::size_t> positions);

private:
    /// An item whose child was refused, and who has its login.
    struct Claim {
        std::size_t position = 0;
        EntityStore::ParkLogin login;
        /// Empty when nobody has it any more.
        std::string holder_id;
    };
    /// A child that has a login which another one is to have, and its parent.
    struct Holder {
        Link link;
        /// Has no document when the parent does not exist.
        MirrorBatch::Item parent;
        bool is_to_be_retired = false;
        bool is_to_be_renamed = false;
        /// Whether the login is the parent's still.
        bool is_entitled = false;
        [[nodiscard]] bool is_dealt_with() const noexcept {
            return is_to_be_retired || is_to_be_renamed || is_entitled;
        }
    };
    using Holders = std::unordered_map<std::string, Holder>;

    [[nodiscard]] std::vector<Claim> find_holders(const std::vector<std::size_t>& positions) const;
    [[nodiscard]] Holders find_copies(const std::vector<Claim>& claims);
    void decide(const Claim& claim, Holder& holder) const;
    void retire(const Holders& holders);
    /// Returns the positions of the holders that were given stand-ins.
    [[nodiscard]] std::vector<std::size_t> make_way(Holders& holders);
    [[nodiscard]] std::size_t position_of(Holder& holder);

    const BatchContext& context_;
    ParkStandings& parks_;
    BatchPlanner& planner_;
    ForeignEditRecorder& foreign_edits_;
    MirrorBatch& batch_;
    /// Ids of children that have been seen to once: who is in the way again cannot be helped now.
    std::unordered_set<std::string> seen_to_;
    int rounds_ = 0;
};

}  // namespace twinfleet::mirroring
