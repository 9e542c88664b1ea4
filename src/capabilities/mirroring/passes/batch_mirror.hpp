#pragma once

#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "capabilities/mirroring/passes/batch_finisher.hpp"
#include "capabilities/mirroring/passes/batch_planner.hpp"
#include "capabilities/mirroring/passes/foreign_edit_recorder.hpp"
#include "capabilities/mirroring/passes/untaught_references.hpp"

namespace twinfleet::mirroring {

/// Mirrors parents of one entity into one family, a batch at a time:
///
///   prepare  facts, parks, links, references (making the children they need), the plan, ids reserved
///   write    new children inserted; the others read, compared with their parents as they are now, and mended
///   finish   profiles of unique drivers; then links, quarantine and cursor in one transaction
///
/// The three may run in different threads for consecutive batches, each in order. A new child is only ever inserted,
/// never replaced; ChildWriter says how one that exists is written. Everything here throws what the stores throw.
class BatchMirror {
public:
    /// All but the settings outlive this.
    BatchMirror(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
                BatchSettings settings);

    [[nodiscard]] std::unique_ptr<MirrorBatch> prepare(DocumentBatch&& documents);
    void write(MirrorBatch& batch);
    /// Fills the outcome from the items and records it; `batch.outcome` may already hold a cursor and backfills.
    void finish(MirrorBatch& batch) { finisher_.finish(batch); }

    /// Called with the items of a batch once their parks and links are known; takes out those that are to be left
    /// alone.
    using Choose = std::function<void(std::vector<MirrorBatch::Item>& items)>;

    /// Makes children for those of these parents that have none, outside their job: all three steps, and then another
    /// look at the parents. Where a parent has changed while the link was being recorded, a backfill is requested, so
    /// that the job looks at it (design, "A change during creation"). A child that exists is not written, since only
    /// the holder of the lease may do that. Items that `choose` takes out leave no trace.
    [[nodiscard]] std::unique_ptr<MirrorBatch> mirror_on_demand(DocumentBatch&& documents, const Choose& choose = {});

    /// Reads every child and plans what would be done, but does nothing. Differences look into the batch's documents.
    [[nodiscard]] std::unique_ptr<MirrorBatch> examine(DocumentBatch&& documents);

    /// Plans what would become of those that have no link, but does nothing. Reads only what that depends on. Parents
    /// that have a link are not among the items.
    [[nodiscard]] std::unique_ptr<MirrorBatch> examine_unlinked(DocumentBatch&& documents);

    /// Of these links, which are retired, those whose children somebody has switched on again.
    [[nodiscard]] std::vector<Link> switched_on_again(std::span<const Link> retired);

    /// Switches children off; returns how many are. Their links become `retired` in the outcome, which the caller
    /// records.
    std::size_t retire(std::span<const Link> links, BatchOutcome& outcome);

private:
    /// A batch from gather() to reserved ids.
    void plan_and_reserve(MirrorBatch& batch);
    [[nodiscard]] std::unique_ptr<MirrorBatch> make_references(const Entity& target, DocumentBatch&& parents);
    /// Returns the positions of items whose children exist already.
    [[nodiscard]] std::vector<std::size_t> insert_new(MirrorBatch& batch) const;
    void leave_to_the_job(MirrorBatch& batch, std::span<const std::size_t> existing) const;
    void look_again(const MirrorBatch& batch) const;

    const BatchContext context_;
    ParkStandings parks_;
    ReferenceResolver references_;
    BatchPlanner planner_;
    // Used by write() and, when all batches have been written, by retire().
    ForeignEditRecorder foreign_edits_;
    UntaughtReferences untaught_references_;
    BatchFinisher finisher_;
    /// Mirrors of the entities that this one refers to, made when they are needed. Used only where references_ has
    /// children made.
    std::unordered_map<const Entity*, std::unique_ptr<BatchMirror>> mirrors_of_references_;
};

}  // namespace twinfleet::mirroring
