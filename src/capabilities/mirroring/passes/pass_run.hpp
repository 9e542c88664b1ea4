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

/// Remembers, by hashes of their ids, the parents that a backfill or a retry has dealt with, so that the main read does
/// not count them a second time.
class DealtWith {
public:
    void add(const MirrorBatch& batch);
    /// Takes out of the batch's counts what was counted before and has not been done again.
    void discount(MirrorBatch& batch) const;

private:
    std::unordered_set<std::size_t> hashes_;
};

/// The state of one run of a pass.
struct PassRun {
    PassRun(const MirrorEnvironment& environment, const Entity& of_entity, const domain::AppFamily& of_family,
            const PassSettings& with_settings, const PassRequest& asked, const Lease& held,
            std::function<void()> assert_lease);

    /// It covers some of several shards.
    [[nodiscard]] bool is_part() const noexcept { return request.shard && !request.shard->is_whole(); }
    /// It covers a shard in which no park is mirrored.
    [[nodiscard]] bool has_no_parks() const noexcept { return is_part() && shard_parks.of_shard.empty(); }
    [[nodiscard]] bool covers(const domain::ParentParkId& park) const;
    /// Links of the parks that it covers.
    [[nodiscard]] LinkStore::Page first_page_of_links() const;
    /// How many of the links that stood when the run began the batch has met with their parents.
    void count_linked(const MirrorBatch& batch);
    void record(const BatchOutcome& outcome) const;

    const Entity& entity;
    const domain::AppFamily& family;
    const PassSettings& settings;
    const PassRequest& request;
    const Lease& lease;
    MirrorStores stores;
    BatchMirror mirror;
    std::function<void(const RunCounts&)> on_progress;
    std::stop_token stop;
    RunCounts counts;
    /// By the clock of the link store.
    Time started_at{};
    /// Everything written before this, by the clock that sets `updated_ts`, is visible.
    std::int64_t settled_until_ms = 0;
    Cursor cursor;
    /// Some child could not be brought to rest: the cursor stays.
    bool is_unsettled = false;
    bool is_stopped = false;
    /// Links that stood before and were not retired, and how many of them were met with their parents.
    std::size_t linked_before = 0;
    std::size_t linked_seen = 0;
    /// Of a run that is a part.
    ShardParks shard_parks;
    /// Linked parents that were met in a park that is not mirrored: the first of them, and how many there are.
    std::vector<Link> left_the_mirror;
    std::size_t left_the_mirror_count = 0;
    std::vector<Backfill> backfills;
    DealtWith dealt_with;
};

[[nodiscard]] bool is_in_scope(const Scope& scope, const domain::ParentParkId& park);

}  // namespace twinfleet::mirroring
