#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/passes/batch_mirror.hpp"
#include "capabilities/mirroring/passes/pass_request.hpp"
#include "capabilities/mirroring/passes/shard_parks.hpp"

namespace twinfleet::mirroring {

/// Remembers, by hashes of their ids, which parents a backfill or a retry has dealt with, so that the main read does
/// not count them a second time.
class DealtWith {
public:
    void add(const MirrorBatch& batch);
    /// Takes from the counts of the batch what was counted before and has not been done again.
    void discount(MirrorBatch& batch) const;

private:
    std::unordered_set<std::size_t> hashes_;
};

/// The state of one run of a pass.
struct PassRun {
    PassRun(const MirrorEnvironment& environment, const Entity& of_entity, const domain::AppFamily& of_family,
            const PassSettings& with_settings, const PassRequest& asked, const Lease& held,
            std::function<void()> assert_lease);

    /// Whether the run covers one of several shards.
    [[nodiscard]] bool is_part() const noexcept { return request.shard && !request.shard->is_whole(); }
    /// Whether the run covers a shard in which no park is mirrored.
    [[nodiscard]] bool has_no_parks() const noexcept { return is_part() && shard_parks.of_shard.empty(); }
    /// Whether the run covers the parents of this park.
    [[nodiscard]] bool covers(const domain::ParentParkId& park) const;
    /// The first page of the links of the parks that the run covers.
    [[nodiscard]] LinkStore::Page first_page_of_links() const;
    /// Counts those links among the batch that stood when the run began and were met with their parents.
    void count_linked(const MirrorBatch& batch);
    /// Records an outcome in the link store, under the lease of the run.
    void record(const BatchOutcome& outcome) const;

    const Entity& entity;
    const domain::AppFamily& family;
    const PassSettings& settings;
    const PassRequest& request;
    const Lease& lease;
    MirrorStores stores;
    /// As MirrorEnvironment::require_source.
    std::function<void()> require_source;
    BatchMirror mirror;
    std::function<void(const RunCounts&)> on_progress;
    std::stop_token stop;
    RunCounts counts;
    /// When the run began, by the clock of the link store.
    Time started_at{};
    /// The time, by the clock that sets `updated_ts` and in milliseconds since 1970, before which every write has
    /// become visible.
    std::int64_t settled_until_ms = 0;
    Cursor cursor;
    /// Whether the source is read as a whole rather than from the cursor on.
    bool reads_everything = false;
    /// Whether some child could not be brought into step because somebody else kept writing it. The cursor then stays
    /// where it is.
    bool is_unsettled = false;
    bool is_stopped = false;
    /// How many links stood before the run and were not retired, and how many of these were met with their parents.
    std::size_t linked_before = 0;
    std::size_t linked_seen = 0;
    /// The parks that the run covers; used when is_part().
    ShardParks shard_parks;
    /// How far the removals have been seen to that the store told of.
    bson::ChangePosition removed_until;
    /// How many links those removals were of whose children are retired.
    std::size_t removed_retired = 0;
    /// Linked parents that were met in a park that is not mirrored, but for those that are retired on purpose: the
    /// first of them, and how many there are.
    std::vector<Link> left_the_mirror;
    std::size_t left_the_mirror_count = 0;
    /// Whether vanished parents were not believed to be gone: see Departures.
    bool no_parent_is_left = false;
    std::vector<Backfill> backfills;
    DealtWith dealt_with;
};

/// Whether the scope holds the parents of this park.
[[nodiscard]] bool is_in_scope(const Scope& scope, const domain::ParentParkId& park);

}  // namespace twinfleet::mirroring
