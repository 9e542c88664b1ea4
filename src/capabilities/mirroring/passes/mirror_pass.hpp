#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/memory/rounds/shard.hpp"
#include "capabilities/mirroring/passes/batch_mirror.hpp"
#include "capabilities/mirroring/passes/pipeline.hpp"

namespace twinfleet::mirroring {

/// How many children one full pass may retire (contract, section 1): a share of all linked ones, but always a few, and
/// never more than a fixed number.
struct RetirementBudget {
    double share_max = 0.05;
    std::size_t always_allowed = 20;
    std::size_t count_max = 1000;

    [[nodiscard]] std::size_t of(std::size_t linked) const;
};

struct PassSettings {
    BatchLimits batch{.documents_max = 1000, .bytes_max = std::size_t{2} << 20};
    std::size_t bytes_in_flight_max = std::size_t{8} << 20;
    /// How long after a write's `updated_ts` the write may become visible to readers. Everything younger than this is
    /// read again.
    std::chrono::milliseconds overlap{10'000};
    RetirementBudget retirement;
    /// How long a quarantined parent that did not change is left alone by incremental passes.
    std::chrono::milliseconds quarantine_retry_interval{60'000};
    Execution execution = Execution::threads;
};

struct PassRequest {
    Mode mode = Mode::incremental;
    Scope scope;
    bool create_missing = false;
    /// Full passes: read every child and mend what others wrote into it.
    bool verify_children = false;
    /// Of the configuration by city in force; parks only. A change makes the pass look at every park.
    std::string configuration_fingerprint;
    /// A full pass over this part only, under a lease of its own, beside the incremental passes: cursor and backfills
    /// are theirs.
    std::optional<Shard> shard;
    /// How many of so many children that are to be retired may be: the shards of a round share one budget. Needed with
    /// a shard, and called at most once.
    std::function<std::size_t(std::size_t wanted)> grant_retirements = {};

    /// Children for parents that have none can be made only when all parents are read.
    [[nodiscard]] bool reads_everything() const noexcept { return mode == Mode::full || create_missing; }
};

struct PassResult {
    RunCounts counts;
    /// False when it was stopped before its end. What was done stands, and the cursor is where the work is.
    bool is_complete = false;
};

/// One run of one job over its source (design, "A pass"): first the parks that were linked since (backfill) and the
/// quarantine, then the changes since the cursor, or everything; a full pass retires children whose parents are gone.
class MirrorPass {
public:
    MirrorPass(const World& world, QuarantineStore& quarantine, const Entity& entity, const domain::AppFamily& family,
               const PassSettings& settings);

    /// `assert_lease` throws LeaseLost when the lease has lapsed by the local clock; it is called before each write to
    /// children. `on_progress` is told the counts so far after each batch.
    [[nodiscard]] PassResult run(const PassRequest& request, const Lease& lease, std::function<void()> assert_lease,
                                 const std::function<void(const RunCounts&)>& on_progress, std::stop_token stop);

    /// Tries these quarantine entries again, whatever their age.
    [[nodiscard]] PassResult retry(const std::vector<QuarantineEntry>& entries, const Lease& lease,
                                   std::function<void()> assert_lease);

private:
    struct Run;

    void backfill(Run& run);
    void retry_quarantined(Run& run);
    static void count_linked(Run& run, const MirrorBatch& batch);
    static void note_dealt_with(Run& run, const MirrorBatch& batch);
    static void discount_dealt_with(const Run& run, MirrorBatch& batch);
    void try_again(Run& run, const std::vector<QuarantineEntry>& entries);
    void mirror_source(Run& run);
    void find_parks_of_shard(Run& run);
    void mirror_shard(Run& run);
    void release_unmet(Run& run);
    void retire(Run& run);
    /// What was retired before and somebody has switched on: no budget holds that back. Of passes that read every
    /// child.
    void switch_off_again(Run& run);
    void sweep(Run& run, const std::function<void(const Link&)>& on_vanished);
    [[nodiscard]] bool mirror(
        Run& run, DocumentStream& stream, const std::function<void(MirrorBatch&)>& before_commit,
        const std::function<void(const MirrorBatch&)>& when_counted = [](const MirrorBatch&) {});
    void commit(Run& run, const BatchOutcome& outcome);

    const World& world_;
    QuarantineStore& quarantine_;
    const Entity& entity_;
    const domain::AppFamily& family_;
    const PassSettings settings_;
};

}  // namespace twinfleet::mirroring
