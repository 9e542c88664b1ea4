#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/passes/world.hpp"
#include "capabilities/mirroring/planner/plan.hpp"

namespace twinfleet::mirroring {

/// Parents that are mirrored together, on their way through prepare, write and commit.
struct MirrorBatch {
    enum class Result : std::uint8_t { none, created, updated, unchanged, skipped, quarantined, unsettled };

    struct Item {
        ParentFacts parent;
        std::optional<Link> link;
        std::string proposed_child_id;
        std::shared_ptr<const ParkStanding> park;
        bool is_enabled = false;
        Operation operation;
        /// Its link was `reserved`: whether or not this batch made the child, nobody has finished it yet.
        bool is_new = false;
        /// This batch inserted the child.
        bool was_inserted = false;
        /// The link has to be written: the child was, or its hash was not known.
        bool is_to_be_committed = false;
        /// At the last attempt another child of the park had the value that no two may have in common.
        bool has_to_wait = false;
        /// Of the last begin_write(); none when only an insert was tried.
        std::optional<std::int64_t> write_token;
        Result result = Result::none;
    };

    /// What the items look into.
    std::vector<std::unique_ptr<DocumentBatch>> documents;
    std::vector<Item> items;
    ReferenceTable references;
    LoginOwners login_owners;
    RunCounts counts;
    BatchOutcome outcome;
    /// Links whose children are to be retired, if the budget allows.
    std::vector<Link> retirements;
    ForeignEditsFound foreign_edits;
    /// The newest `updated_ts` in the batch, of each type.
    bson::ChangePosition newest;
    /// Somebody else kept writing a child until this batch gave up: what it read is not finished.
    bool is_unsettled = false;
};

/// Mirrors parents of one entity into one family, a batch at a time:
///
///   prepare  facts, parks, links, references (making the children they need), the plan, ids reserved
///   write    new children inserted; the others read, compared with their parents as they are now, and mended
///   commit   profiles of unique drivers; then links, quarantine and cursor in one transaction
///
/// The three may run in different threads for consecutive batches, each in order.
///
/// How a child is written keeps several runners from undoing each other: a new child is only ever inserted, never
/// replaced; an existing one is read first, then the write is begun in the link store, then the parent is read, and the
/// write names the version of the child that was read. So each version of a child comes from a parent that was read
/// after the version before it was written, and what a child holds never goes back in time.
///
/// The source hash is right whoever else writes. Whoever begins while another write is open takes the say on the link
/// from it, and makes a new version of the child even where its content is right already: he who began earlier read the
/// child earlier still, so his write is refused from then on. Hence once a hash is committed, only who begins after
/// that can write the child, and he takes the hash away first.
class BatchMirror {
public:
    struct Settings {
        PlanRules rules;
        /// Of the job of this entity; nullptr when children are made on demand beside it.
        const Lease* lease = nullptr;
        /// Called before each write to children: throws LeaseLost when the lease has lapsed by the local clock.
        std::function<void()> assert_lease = [] {};
        /// Another pass of the entity may run at the same time. What it put aside after this one had read the parent is
        /// not released: incremental passes try whatever is in quarantine again.
        bool has_company = false;
        /// Nothing is written: only examine() may be called.
        bool only_examines = false;
    };

    BatchMirror(const World& world, const Entity& entity, const domain::AppFamily& family, Settings settings);
    ~BatchMirror();

    [[nodiscard]] std::unique_ptr<MirrorBatch> prepare(DocumentBatch&& documents);
    void write(MirrorBatch& batch);
    /// Fills the outcome from the items; `batch.outcome` may already hold a cursor and backfills.
    void commit(MirrorBatch& batch);

    /// Makes children for those of these parents that have none, outside their job: all three steps, and then another
    /// look at the parents; whose parent moved while its link was being committed is left to the job by a backfill
    /// (design, "A change during creation"). A child that exists is not written: that is for the holder of the lease
    /// alone.
    [[nodiscard]] std::unique_ptr<MirrorBatch> mirror_on_demand(DocumentBatch&& documents);

    /// The plan with every child read, and nothing done: differences look into the batch's documents.
    [[nodiscard]] std::unique_ptr<MirrorBatch> examine(DocumentBatch&& documents);

    /// What would become of those that have no link, with nothing read but what that depends on, and nothing done. The
    /// others are not among the items.
    [[nodiscard]] std::unique_ptr<MirrorBatch> examine_unlinked(DocumentBatch&& documents);

    /// What one item adds to the counts.
    [[nodiscard]] static RunCounts counts_of(const MirrorBatch::Item& item);

    /// Of these links, which are retired, those whose children somebody has switched on again.
    [[nodiscard]] std::vector<Link> switched_on(std::span<const Link> retired);

    /// Switches children off; returns how many were. Their links become `retired` in the batch outcome.
    std::size_t retire(std::span<const Link> links, BatchOutcome& outcome);

private:
    struct Caches;

    enum class Gather : std::uint8_t { all, unlinked };
    [[nodiscard]] std::unique_ptr<MirrorBatch> gather(DocumentBatch&& documents, Gather which = Gather::all);
    void find_parks(MirrorBatch& batch);
    void find_links(MirrorBatch& batch);
    void resolve_references(MirrorBatch& batch);
    [[nodiscard]] std::unordered_set<std::string> forget_quarantined(MirrorBatch& batch, const Entity& target,
                                                                     std::span<const Reference> wanted) const;
    void make_references(MirrorBatch& batch, const Entity& target, std::span<const Reference> wanted,
                         std::span<const std::string_view> parks, const std::unordered_set<std::string>& aside);
    void find_logins(MirrorBatch& batch);
    void make_plan(MirrorBatch& batch, const std::unordered_map<std::string_view, bson::View>* children);
    void reserve(MirrorBatch& batch);
    [[nodiscard]] std::vector<std::size_t> insert_new(MirrorBatch& batch);
    void settle(MirrorBatch& batch, std::vector<std::size_t> to_settle);
    /// One attempt; returns the items that somebody else was faster with.
    [[nodiscard]] std::vector<std::size_t> settle_once(MirrorBatch& batch, std::span<const std::size_t> to_settle);
    /// Writes a stand-in into children that wait for another child's value, so that they give up theirs: of two that
    /// exchanged their values one has to go first, and they may be in different batches.
    void give_way(const MirrorBatch& batch, std::span<const std::size_t> waiting,
                  const std::unordered_map<std::string_view, bson::View>& children);
    void record_foreign_edit(ForeignEditsFound& found, BatchOutcome& outcome, const Link& link, ForeignEdit::Kind kind,
                             const Difference& difference);
    void note_foreign_edit(MirrorBatch& batch, const MirrorBatch::Item& item, const SourceHash& last_written);
    void leave_to_the_job(MirrorBatch& batch, std::span<const std::size_t> existing) const;
    static void request_backfill(MirrorBatch& batch, const Entity& entity, std::string_view park_id);
    void look_again(const MirrorBatch& batch);
    void quarantine(MirrorBatch::Item& item, std::string_view reason) const;
    void report(const MirrorBatch::Item& item, OperationReport::Kind kind, const Difference& difference) const;
    void report_creation(const MirrorBatch::Item& item) const;
    void add_profiles(MirrorBatch& batch);
    void watch_references(const MirrorBatch& batch);
    [[nodiscard]] MirrorBatch::Item inspect(bson::View document) const;
    [[nodiscard]] Candidate candidate_of(const MirrorBatch::Item& item) const;
    [[nodiscard]] bool is_on_demand() const noexcept { return settings_.lease == nullptr; }

    const World& world_;
    const Entity& entity_;
    const domain::AppFamily& family_;
    Settings settings_;
    Projector projector_;
    EntityStore& store_;
    std::unique_ptr<Caches> caches_;
};

}  // namespace twinfleet::mirroring
