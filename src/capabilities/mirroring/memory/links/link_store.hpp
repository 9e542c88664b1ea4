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

/// The position up to which incremental passes have mirrored everything. Passes keep it some seconds behind the clock
/// that sets `updated_ts` (invariant 7 of ARCHITECTURE.md).
struct Cursor {
    /// Everything whose `updated_ts` is at this position or before it is mirrored, and nothing new can appear there.
    bson::ChangePosition position;
    /// The fingerprint of the configuration by city that the pass ran under. Only the cursor of parks has one; it is
    /// empty otherwise.
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

/// The start of a write: what begin_write() returns for the children of some links.
struct BegunWrite {
    /// Tells this write from all others. An outcome of the write is recorded under this token.
    std::int64_t token = 0;
    /// The hashes that the links had, in no particular order. Each is the hash of what the child held when the last
    /// outcome was recorded. There is none for a child that somebody has begun to write without recording an outcome.
    struct TakenHash {
        domain::ParentId parent_id;
        SourceHash hash;
    };
    std::vector<TakenHash> taken;
    /// The parents of links whose children somebody else has begun to write without recording an outcome. That process
    /// may have ended, or may be about to write.
    std::vector<domain::ParentId> contended;
    /// The links whose children are kept retired, as that stands now: it may have been decided since they were found.
    struct Kept {
        domain::ParentId parent_id;
        KeptRetired why;
    };
    std::vector<Kept> kept_retired = {};
};

/// A write of the child of a link, which whoever has begun it takes for the last one.
struct OwnWrite {
    domain::ParentId parent_id;
    /// As SyncedLink::write_token.
    std::optional<std::int64_t> write_token;
};

/// The record of a child that now equals the projection of its parent.
struct SyncedLink {
    domain::ParentId parent_id;
    domain::ParentParkId parent_park_id;
    domain::ChildParkId child_park_id;
    /// The hash of what the child holds. Absent when somebody else may have written the child since; the next pass then
    /// looks at it.
    std::optional<SourceHash> source_hash;
    std::optional<Time> source_updated_ts;
    /// The BegunWrite::token of the write that gave the child its content. Absent for a child that was inserted on a
    /// link just reserved.
    std::optional<std::int64_t> write_token;
    /// Whether the caller has reserved this link himself and the parks are those that he reserved it with. It changes
    /// nothing but how quickly the link is recorded.
    bool is_as_reserved = false;
};

/// The record of a child that is switched off.
struct RetiredLink {
    domain::ParentId parent_id;
    /// The BegunWrite::token of the write that switched the child off.
    std::int64_t write_token = 0;
};

/// A request to look at everything of `entity` in `parent_park_id`, whether or not it has changed.
struct Backfill {
    std::string entity;
    domain::ParentParkId parent_park_id;
    /// Given by the store, greater with every request for the same park. A pass that has done a backfill names the
    /// generation that it has read, so that a request which came in meanwhile stays.
    std::int64_t generation = 0;
    bool operator==(const Backfill&) const = default;
};

/// What has become of a batch. All of it is recorded at once, or nothing.
struct BatchOutcome {
    /// Links whose state becomes `linked`, unless somebody else has begun to write the child since: then that write
    /// decides about hash, state and parks. Only a link that is still `reserved` becomes `linked` all the same, without
    /// a hash, because its child exists.
    ///
    /// Of a driver, a write that does not decide may have placed his profile where he was before (UniqueDriverStore),
    /// after the one that decides had placed it rightly. So his link loses its hash, whoever has written him must not
    /// bring one either, and a backfill of his park is requested: whoever looks at the child next places the profile.
    std::vector<SyncedLink> synced;
    /// Links whose state becomes `retired`, unless somebody else has begun to write the child since.
    std::vector<RetiredLink> retired;
    /// Parents that go into quarantine or that were tried again in vain. An entry that is there keeps its `since` and
    /// gets a new `last_try_at`.
    std::vector<Quarantined> quarantined;
    /// Ids of parents that leave the quarantine. It is not an error when they are not in it.
    std::vector<std::string> released;
    /// Foreign edits to record. One whose key is known stays as it is recorded.
    std::vector<ForeignEdit> foreign_edits;
    /// Parents that say themselves that their data is to be erased: asks for it (ErasureStore), unless that was done
    /// before. Their links are kept retired in every family from then on.
    std::vector<domain::ParentId> erasures_requested = {};
    /// Backfills for later passes, of this entity or of others.
    std::vector<Backfill> backfills_requested;
    /// Backfills of this entity that are done, as pending_backfills() gave them.
    std::vector<Backfill> backfills_done;
    /// The new cursor. It never moves the stored one back: of the stored position and this one the later counts, each
    /// type for itself.
    std::optional<Cursor> cursor;
    /// The time, by LinkStore::now(), before which everything that was written to the source is mirrored or in
    /// quarantine. Never moves back, and is kept only where there is a cursor.
    std::optional<Time> caught_up_at;

    [[nodiscard]] bool empty() const noexcept {
        return synced.empty() && retired.empty() && quarantined.empty() && released.empty() && foreign_edits.empty() &&
               erasures_requested.empty() && backfills_requested.empty() && backfills_done.empty() && !cursor &&
               !caught_up_at;
    }
};

/// Which links an outcome may change, where somebody else may have finished them in the meantime.
enum class SyncedLinks {
    all,            ///< all of them: the caller runs the job of this entity
    reserved_only,  ///< only links that are still `reserved`: the caller creates on demand beside that job
};

/// The links, and everything that is recorded together with them. There is an implementation in PostgreSQL, and one for
/// tests that loses answers and crashes its caller. Safe to use from any thread.
///
/// A call that takes a lease throws LeaseLost and changes nothing when the lease is not the current one. Creation on
/// demand has no lease and passes nullptr. Any number of ids may be asked for at once; implementations split them.
/// Every call may be repeated.
class LinkStore {
public:
    LinkStore() = default;
    LinkStore(const LinkStore&) = delete;
    LinkStore& operator=(const LinkStore&) = delete;
    virtual ~LinkStore() = default;

    /// The links of these parents, as far as there are any, in no particular order.
    [[nodiscard]] virtual std::vector<Link> find_by_parent(const Entity& entity, const domain::AppFamily& family,
                                                           std::span<const domain::ParentId> ids) = 0;
    /// A link of any family, with the name of its family.
    struct FamilyLink {
        std::string family;
        Link link;
    };
    /// The links of these parents in all families, and those of these children, as far as there are any, in no
    /// particular order.
    [[nodiscard]] virtual std::vector<FamilyLink> find_in_all_families(
        const Entity& entity, std::span<const domain::ParentId> parent_ids) = 0;
    [[nodiscard]] virtual std::vector<FamilyLink> find_by_child(const Entity& entity,
                                                                std::span<const domain::ChildId> ids) = 0;

    /// Which links list() returns: at most `limit` of them, in order of parent id, behind the parent `after`. Page by
    /// page, all links can be walked with bounded memory.
    struct Page {
        std::optional<domain::ParentId> after;
        /// Only links of parents in these parks; empty for all parks.
        std::vector<domain::ParentParkId> parent_park_ids;
        std::size_t limit = 1000;
    };
    /// The links of one page.
    [[nodiscard]] virtual std::vector<Link> list(const Entity& entity, const domain::AppFamily& family,
                                                 const Page& page) = 0;
    /// How many links are `reserved` or `linked`, among those of parents in these parks; of all parks when none is
    /// named.
    [[nodiscard]] virtual std::size_t count_not_retired(const Entity& entity, const domain::AppFamily& family,
                                                        std::span<const domain::ParentParkId> parent_park_ids) = 0;

    /// Makes and commits a link in state `reserved` for each of `links`, unless its parent has a link already. Returns
    /// the link that each parent has now, old or new, in no particular order (invariant 1 of ARCHITECTURE.md). The link
    /// of a driver who is erased_among() is kept retired at once.
    [[nodiscard]] virtual std::vector<Link> reserve(const Lease* lease, const Entity& entity,
                                                    const domain::AppFamily& family,
                                                    std::span<const NewLink> links) = 0;
    /// Has to be called before children are written. Takes the source hashes of their links away, so that a crash
    /// during the write cannot leave the hash of something that a child does not hold. A write of the same children
    /// that began earlier can no longer record an outcome for them.
    [[nodiscard]] virtual BegunWrite begin_write(const Lease* lease, const Entity& entity,
                                                 const domain::AppFamily& family,
                                                 std::span<const domain::ParentId> ids) = 0;
    /// The parents of those links whose children somebody else has begun to write since; for a write without a token,
    /// of those that are no longer `reserved`.
    [[nodiscard]] virtual std::vector<domain::ParentId> taken_over_among(const Lease* lease, const Entity& entity,
                                                                         const domain::AppFamily& family,
                                                                         std::span<const OwnWrite> writes) = 0;
    /// Records what has become of a batch, in one transaction: links, quarantine, foreign edits, backfills and the
    /// cursor.
    virtual void record_outcome(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                SyncedLinks which, const BatchOutcome& outcome) = 0;

    /// Keeps the links of these parents retired (KeptRetired::on_purpose), or takes that back. Changes nothing else:
    /// the children are for the passes that come next. Those whose data was erased stay as they are.
    virtual void keep_retired(const Entity& entity, const domain::AppFamily& family,
                              std::span<const domain::ParentId> ids, bool is_kept) = 0;
    /// Which of these drivers' data was erased or is to be, whether or not they have links.
    [[nodiscard]] virtual std::vector<domain::ParentId> erased_among(std::span<const domain::ParentId> driver_ids) = 0;

    /// nullopt when no pass has stored a cursor yet.
    [[nodiscard]] virtual std::optional<Cursor> cursor(const Entity& entity, const domain::AppFamily& family) = 0;
    /// The backfills that are requested and not done, at most `limit` of them, oldest first.
    [[nodiscard]] virtual std::vector<Backfill> pending_backfills(const Entity& entity, const domain::AppFamily& family,
                                                                  std::size_t limit) = 0;
    /// Which of these ids, written as Quarantined::parent_id is, are in quarantine.
    [[nodiscard]] virtual std::vector<std::string> quarantined_among(const Entity& entity,
                                                                     const domain::AppFamily& family,
                                                                     std::span<const std::string> ids) = 0;
    /// How many parents of the entity are in quarantine in this family.
    [[nodiscard]] virtual std::size_t count_quarantined(const Entity& entity, const domain::AppFamily& family) = 0;
    /// The time by the clock of the store, which all times here are of.
    [[nodiscard]] virtual Time now() = 0;
};

}  // namespace twinfleet::mirroring
