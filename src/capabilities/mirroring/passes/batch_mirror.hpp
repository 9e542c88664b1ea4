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

/// Mirrors parents of one entity into one family, a batch at a time, in four steps:
///
///     gather   facts, parks, links
///     prepare  references (making the children they need), the plan, ids reserved
///     write    new children inserted; the others read, compared with their parents as they are now, and mended
///     finish   profiles of unique drivers; then links, quarantine and cursor in one transaction
///
/// The four steps may run in different threads for consecutive batches, each step for one batch after the other. So a
/// batch may be gathered before the links of the ones before it are reserved: a parent that is in both is then met as
/// one that somebody else has linked meanwhile. A new child is only ever inserted, never replaced; ChildWriter says how
/// an existing one is written. Everything here throws what the stores throw.
class BatchMirror {
public:
    /// All arguments but the settings outlive this.
    BatchMirror(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
                BatchSettings settings);

    /// The first step. The result owns the documents.
    [[nodiscard]] std::unique_ptr<MirrorBatch> gather(DocumentBatch&& documents) {
        return planner_.gather(std::move(documents));
    }
    /// The second step.
    void prepare(MirrorBatch& batch);
    /// The third step.
    void write(MirrorBatch& batch);
    /// The fourth step: fills the outcome from the items and records it. `batch.outcome` may hold a cursor and
    /// backfills already.
    void finish(MirrorBatch& batch) { finisher_.finish(batch); }

    /// Called with the items of a batch as soon as their parks and links are known. Removes those that are to be left
    /// alone.
    using Choose = std::function<void(std::vector<MirrorBatch::Item>& items)>;

    /// Makes children for those of these parents that have none, outside the job of the entity: takes all four steps
    /// and then looks at the parents again. Where a parent has changed while its link was being recorded, a backfill is
    /// requested, so that the job looks at that park (design, "A change during creation"). A child that exists is not
    /// written, since only the holder of the lease may do that. Items that `choose` removes leave no trace.
    [[nodiscard]] std::unique_ptr<MirrorBatch> mirror_on_demand(DocumentBatch&& documents, const Choose& choose = {});

    /// Reads every child and plans what a pass would do, but writes nothing. The differences of the result look into
    /// its documents.
    [[nodiscard]] std::unique_ptr<MirrorBatch> examine(DocumentBatch&& documents);

    /// Plans what would become of parents without a link, but writes nothing. Reads only what that depends on. Parents
    /// that have a link are not among the items.
    [[nodiscard]] std::unique_ptr<MirrorBatch> examine_unlinked(DocumentBatch&& documents);

    /// Which of these retired links have a child that somebody has switched on again.
    [[nodiscard]] std::vector<Link> switched_on_again(std::span<const Link> retired);

    /// Switches the children of these links off and returns how many are off now. The links become `retired` in the
    /// outcome, which the caller records.
    std::size_t retire(std::span<const Link> links, BatchOutcome& outcome);
    /// Has the store set the time of those of the documents, of EntityStore::with_empty_time(), that are children of
    /// the family, and returns how many these are.
    std::size_t set_empty_times(const DocumentBatch& documents) const;

private:
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
