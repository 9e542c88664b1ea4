#pragma once

#include <vector>

#include "capabilities/mirroring/passes/batch_planner.hpp"
#include "capabilities/mirroring/passes/child_writer.hpp"
#include "capabilities/mirroring/passes/foreign_edit_recorder.hpp"

namespace twinfleet::mirroring {

/// Brings those children of a batch that exist, or may exist, into step with their parents as they are now. Only the
/// holder of the lease of the job does this.
class ChildSettlement final : public ChildChange {
public:
    /// All arguments outlive this.
    ChildSettlement(const BatchContext& context, ParkStandings& parks, ReferenceResolver& references,
                    BatchPlanner& planner, ForeignEditRecorder& foreign_edits, MirrorBatch& batch);

    /// Settles the items at these positions, all of which have links. When somebody else keeps writing a child, the
    /// batch is marked as unsettled. A child whose login another account of its park has gets it if the other is no
    /// longer entitled to it (LoginClearance); otherwise its parent goes into quarantine, and the child gets everything
    /// but the login.
    ///
    /// Of a parent that is in quarantine for another reason and switched off, the child is switched off and left as it
    /// is otherwise. The same is tried where the store refuses the whole update: a right must not outlive its parent's
    /// because of some other field.
    void settle(std::vector<std::size_t> positions);

    [[nodiscard]] const Link& link_at(std::size_t position) const override;
    [[nodiscard]] ChildWrites decide(std::span<const std::size_t> positions, ChildrenRead& read) override;
    [[nodiscard]] bool take(std::size_t position, ChildWriteKind kind, WriteOutcome outcome) override;
    void end_attempt(const ChildrenRead& read) override;

private:
    void look_at_parents(std::span<const std::size_t> positions, ChildrenRead& read);
    /// Decides about the child of a parent in quarantine.
    void decide_on_switch(std::size_t position, MirrorBatch::Item& item, const ChildrenRead& read, ChildWrites& writes);
    [[nodiscard]] ChildUpdate update_of(const MirrorBatch::Item& item, bson::View child) const;
    [[nodiscard]] bool take_switch(MirrorBatch::Item& item, WriteOutcome outcome);
    void note_foreign_edit(const MirrorBatch::Item& item);
    [[nodiscard]] MirrorBatch::Item& fresh_item(std::size_t position);

    const BatchContext& context_;
    ParkStandings& parks_;
    ReferenceResolver& references_;
    BatchPlanner& planner_;
    ForeignEditRecorder& foreign_edits_;
    MirrorBatch& batch_;

    // Of the attempt under way.
    /// Items of parents as they are now, and their positions in the batch, in ascending order.
    MirrorBatch fresh_;
    std::vector<std::size_t> positions_;
    const ChildrenRead* read_ = nullptr;

    /// Positions of items whose login another account of the park has.
    std::vector<std::size_t> waiting_;
};

}  // namespace twinfleet::mirroring
