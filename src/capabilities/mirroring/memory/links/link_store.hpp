#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"
#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "capabilities/mirroring/memory/link.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "domain/app_family.hpp"
#include "platform/bson/change_position.hpp"

namespace twinfleet::mirroring {

/// Up to where an incremental pass has read and finished. Passes keep it some seconds behind the clock that sets
/// `updated_ts` (invariant 7 of ARCHITECTURE.md).
struct Cursor {
    /// Everything whose `updated_ts` is at this position or before it is mirrored, and nothing new can appear there.
    bson::ChangePosition position;
    /// Of the configuration by city that the pass ran under; parks only, else empty.
    std::string configuration_fingerprint;
    bool operator==(const Cursor&) const = default;
};

/// A link to be made.
struct NewLink {
    domain::ParentId parent_id;
    domain::ParentParkId parent_park_id;
    domain::ChildId child_id;
    domain::ChildParkId child_park_id;
};

/// What begin_write() began: a write of the children of some links.
struct BegunWrite {
    /// Names this write among all others. Whoever records an outcome shows it.
    std::int64_t token = 0;
    /// The hashes that the links had, in no particular order: of what the children held when the last outcome of a
    /// write was recorded. A link whose child somebody has begun to write without recording an outcome has none.
    struct TakenHash {
        domain::ParentId parent_id;
        SourceHash hash;
    };
    std::vector<TakenHash> taken;
    /// Links whose children somebody else had begun to write without recording an outcome: his process may have ended,
    /// or he may be about to write.
    std::vector<domain::ParentId> contended;
};

/// A child that now equals the projection of its parent.
struct SyncedLink {
    domain::ParentId parent_id;
    domain::ParentParkId parent_park_id;
    domain::ChildParkId child_park_id;
    /// Absent when somebody else may have written the child since: the next pass then looks at it.
    std::optional<SourceHash> source_hash;
    std::optional<Time> source_updated_ts;
    /// BegunWrite::token of the write that came to this; none for a child that was inserted on a link just reserved.
    std::optional<std::int64_t> write_token;
};

/// A child that is switched off.
struct RetiredLink {
    domain::ParentId parent_id;
    /// BegunWrite::token of the write that switched it off.
    std::int64_t write_token = 0;
};

/// A request to look at everything of `entity` in `parent_park_id`, whether or not it has changed.
struct Backfill {
    std::string entity;
    domain::ParentParkId parent_park_id;
    /// Given by the store, a new one with every request. Whoever has done a backfill names the generation that he read,
    /// so a request that came in meanwhile stays.
    std::int64_t generation = 0;
    bool operator==(const Backfill&) const = default;
};

/// What a batch came to. All of it is recorded at once, or nothing.
struct BatchOutcome {
    /// State becomes `linked`, if nobody has begun to write the child since: whoever did has the say on its hash, state
    /// and parks. Only a link that is still `reserved` becomes `linked` all the same, without a hash: its child exists.
    std::vector<SyncedLink> synced;
    /// State becomes `retired`, on the same condition.
    std::vector<RetiredLink> retired;
    /// Put aside, or tried again in vain: a known entry keeps its `since` and gets a new `last_try_at`.
    std::vector<Quarantined> quarantined;
    /// Out of quarantine. Not an error when they are not in it.
    std::vector<std::string> released;
    /// Kept in the record of foreign edits; one that is known by its key stays as it is.
    std::vector<ForeignEdit> foreign_edits;
    /// To be done by later passes, of whichever entity.
    std::vector<Backfill> backfills_requested;
    /// As pending_backfills() gave them, of this outcome's entity.
    std::vector<Backfill> backfills_done;
    /// Never moves a stored cursor back: of the stored position and this one the later counts, each type for itself.
    std::optional<Cursor> cursor;
    /// By now(): everything the source said before this is mirrored, or in quarantine. Never moves back, and is kept
    /// only where there is a cursor.
    std::optional<Time> caught_up_at;

    [[nodiscard]] bool empty() const noexcept {
        return synced.empty() && retired.empty() && quarantined.empty() && released.empty() && foreign_edits.empty() &&
               backfills_requested.empty() && backfills_done.empty() && !cursor && !caught_up_at;
    }
};

/// How an outcome treats links that somebody else may have finished in the meantime.
enum class SyncedLinks {
    all,            ///< the caller runs the job of this entity: its word counts
    reserved_only,  ///< the caller creates on demand beside that job: only links that are still `reserved` change
};

/// The links, and what else has to be recorded together with them. One implementation is PostgreSQL; another, for
/// tests, loses acknowledgements and crashes its caller.
///
/// Calls that take a lease throw LeaseLost, and change nothing, when it is not the current one. Without a lease
/// (nullptr) comes whoever creates children on demand. Any number of ids may be asked for at once; implementations
/// split them.
class LinkStore {
public:
    LinkStore() = default;
    LinkStore(const LinkStore&) = delete;
    LinkStore& operator=(const LinkStore&) = delete;
    virtual ~LinkStore() = default;

    /// Those that exist, in no particular order.
    [[nodiscard]] virtual std::vector<Link> find_by_parent(const Entity& entity, const domain::AppFamily& family,
                                                           std::span<const domain::ParentId> ids) = 0;
    /// Of any family; the family of each is told beside it.
    struct FamilyLink {
        std::string family;
        Link link;
    };
    [[nodiscard]] virtual std::vector<FamilyLink> find_in_all_families(
        const Entity& entity, std::span<const domain::ParentId> parent_ids) = 0;
    [[nodiscard]] virtual std::vector<FamilyLink> find_by_child(const Entity& entity,
                                                                std::span<const domain::ChildId> ids) = 0;

    /// Links in order of parent id, beginning behind `after`: the way to walk all of them with bounded memory.
    struct Page {
        std::optional<domain::ParentId> after;
        /// Empty: all parks.
        std::vector<domain::ParentParkId> parent_park_ids;
        std::size_t limit = 1000;
    };
    [[nodiscard]] virtual std::vector<Link> list(const Entity& entity, const domain::AppFamily& family,
                                                 const Page& page) = 0;
    /// How many links are `reserved` or `linked` (of these parks; empty: all parks).
    [[nodiscard]] virtual std::size_t count_not_retired(const Entity& entity, const domain::AppFamily& family,
                                                        std::span<const domain::ParentParkId> parent_park_ids) = 0;

    /// Makes and commits a link in state `reserved` for each, unless its parent has one already. Returns the link that
    /// now stands for each parent, old or new, in no particular order (invariant 1 of ARCHITECTURE.md).
    [[nodiscard]] virtual std::vector<Link> reserve(const Lease* lease, const Entity& entity,
                                                    const domain::AppFamily& family,
                                                    std::span<const NewLink> links) = 0;
    /// To be called before children are written. Takes the source hashes of their links away, so that a crash in
    /// between cannot leave the hash of something that a child does not hold; and whoever had begun to write them
    /// before can no longer record an outcome for them.
    [[nodiscard]] virtual BegunWrite begin_write(const Lease* lease, const Entity& entity,
                                                 const domain::AppFamily& family,
                                                 std::span<const domain::ParentId> ids) = 0;
    /// Records what a batch came to, in one transaction: links, quarantine, foreign edits, backfills and the cursor.
    virtual void record_outcome(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                SyncedLinks which, const BatchOutcome& outcome) = 0;

    [[nodiscard]] virtual std::optional<Cursor> cursor(const Entity& entity, const domain::AppFamily& family) = 0;
    /// Oldest first.
    [[nodiscard]] virtual std::vector<Backfill> pending_backfills(const Entity& entity, const domain::AppFamily& family,
                                                                  std::size_t limit) = 0;
    /// Ids (as Quarantined::parent_id writes them) that are in quarantine, of those asked for.
    [[nodiscard]] virtual std::vector<std::string> quarantined_among(const Entity& entity,
                                                                     const domain::AppFamily& family,
                                                                     std::span<const std::string> ids) = 0;
    /// How many are in quarantine.
    [[nodiscard]] virtual std::size_t count_quarantined(const Entity& entity, const domain::AppFamily& family) = 0;
    /// By the store's clock, as all times here are.
    [[nodiscard]] virtual Time now() = 0;
};

}  // namespace twinfleet::mirroring
