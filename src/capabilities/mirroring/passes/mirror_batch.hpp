#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "capabilities/mirroring/planner/plan.hpp"
#include "capabilities/mirroring/policy/projection.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"

namespace twinfleet::mirroring {

/// Parents that are mirrored together, on their way from documents to recorded links.
struct MirrorBatch {
    /// What has become of an item. An item is unsettled when somebody else kept writing its child.
    enum class Result : std::uint8_t { none, created, updated, unchanged, skipped, quarantined, unsettled };

    /// One parent: what is known of it, what is to become of it, and what has become of it.
    struct Item {
        ParentFacts parent;
        std::optional<Link> link;
        std::string proposed_child_id;
        std::shared_ptr<const ParkStanding> park;
        bool is_enabled = false;
        /// Whether the parent says that the data of the person is to be erased, or somebody else has said so.
        bool is_erased = false;
        /// What is to become of the parent. Worked out once, when all of the above but the proposed id is known.
        Decision decision;
        Operation operation;
        /// Whether its link was `reserved`. Then nobody has finished the child yet, whether or not this batch made it.
        bool is_new = false;
        /// Whether the id of the child was reserved in this batch, so that nobody else can have written it anywhere
        /// yet.
        bool has_new_id = false;
        /// Whether this batch inserted the child.
        bool was_inserted = false;
        /// Whether the link has to be recorded, because the child was written or its hash was not known.
        bool is_to_be_recorded = false;
        /// Whether the child of a parent in quarantine was looked at, and switched off where its parent is. The link is
        /// recorded without a hash then, so that the child is looked at again once the parent can be mirrored.
        bool is_switch_to_be_recorded = false;
        /// Whether the store has refused the update of the child. The write that was begun for it is still open then.
        bool was_refused = false;
        /// The id of the account that has the login of this item's child, and keeps it; empty when none is known.
        std::string login_holder;
        /// Whether the parent is no document of the batch: its child was in the way of others.
        bool is_alongside = false;
        /// The token of the last begin_write(); nullopt when only an insert was tried.
        std::optional<std::int64_t> write_token;
        Result result = Result::none;

        /// The item as the planner takes it. The result refers to the item.
        [[nodiscard]] Candidate candidate() const;
        /// Sends the parent into quarantine. `reason` is one of the contract's codes.
        void quarantine(std::string_view reason);
    };

    /// The documents that the items look into.
    std::vector<std::unique_ptr<DocumentBatch>> documents;
    std::vector<Item> items;
    ReferenceTable references;
    LoginOwners login_owners;
    RunCounts counts;
    BatchOutcome outcome;
    /// Links whose children are to be retired, if the budget allows.
    std::vector<Link> retirements;
    ForeignEditsFound foreign_edits;
    /// The newest `updated_ts` in the batch, for each of its two types.
    bson::ChangePosition newest;
    /// Whether somebody else kept writing a child until this batch gave up. Then what the batch has read is not
    /// finished.
    bool is_unsettled = false;
};

/// What one item adds to the counts of a run.
[[nodiscard]] RunCounts counts_of(const MirrorBatch::Item& item);

/// Requests a backfill of the entity in that park, unless the outcome requests it already.
void request_backfill(BatchOutcome& outcome, const Entity& entity, std::string_view park_id);

}  // namespace twinfleet::mirroring
