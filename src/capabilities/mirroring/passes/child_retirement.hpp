#pragma once

#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/passes/batch_planner.hpp"
#include "capabilities/mirroring/passes/child_writer.hpp"
#include "capabilities/mirroring/passes/foreign_edit_recorder.hpp"

namespace twinfleet::mirroring {

/// Switches off children whose parents are gone or have left the mirrored parks. Only the holder of the lease of a full
/// pass does this.
class ChildRetirement final : public ChildChange {
public:
    /// All arguments outlive this. Links that become retired are added to the outcome.
    ChildRetirement(const BatchContext& context, ParkStandings& parks, BatchPlanner& planner,
                    ForeignEditRecorder& foreign_edits, std::span<const Link> links, BatchOutcome& outcome);

    /// Switches children off and returns how many are off now. A child whose parent is there again is left alone. Left
    /// until the next full pass are a child that somebody else keeps writing, and a child that does not exist yet and
    /// may still be inserted by the process that reserved its id.
    [[nodiscard]] std::size_t retire();

    [[nodiscard]] const Link& link_at(std::size_t position) const override { return links_[position]; }
    [[nodiscard]] ChildWrites decide(std::span<const std::size_t> positions, ChildrenRead& read) override;
    [[nodiscard]] bool take(std::size_t position, ChildWriteKind kind, WriteOutcome outcome) override;

private:
    using Ids = std::unordered_set<std::string>;
    /// The ids of those parents that exist and are in a mirrored park.
    [[nodiscard]] Ids still_mirrored(const DocumentBatch& parents);
    /// Whether nothing can be written or nothing has to be.
    [[nodiscard]] bool is_dealt_with_unwritten(std::size_t position, bool has_child, bool is_contended);
    [[nodiscard]] ChildUpdate switch_off(std::size_t position, bson::View child) const;
    void add_retired(const Link& link);

    const BatchContext& context_;
    ParkStandings& parks_;
    BatchPlanner& planner_;
    ForeignEditRecorder& foreign_edits_;
    const std::span<const Link> links_;
    BatchOutcome& outcome_;
    const Time now_;
    std::size_t retired_ = 0;
    ForeignEditsFound found_;

    // Of the attempt under way.
    const ChildrenRead* read_ = nullptr;
    /// By position; each looks into the child that was read and into `switched_off_`.
    std::vector<Difference> differences_;
    std::vector<bson::Document> switched_off_;
};

/// Which of these retired links have a child that somebody has switched on again.
[[nodiscard]] std::vector<Link> switched_on_again(const BatchContext& context, std::span<const Link> retired);

}  // namespace twinfleet::mirroring
