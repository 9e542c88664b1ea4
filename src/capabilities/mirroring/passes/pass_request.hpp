#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "capabilities/mirroring/memory/rounds/shard.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "capabilities/mirroring/passes/pipeline.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"

namespace twinfleet::mirroring {

/// How many children one full pass may retire (contract, section 1): a share of all linked ones, but always a few, and
/// never more than a fixed number.
struct RetirementBudget {
    double share_max = 0.05;
    std::size_t always_allowed = 20;
    std::size_t count_max = 1000;

    [[nodiscard]] std::size_t of(std::size_t linked) const;
};

/// How passes work, whatever they are asked for.
struct PassSettings {
    BatchLimits batch{.documents_max = 1000, .bytes_max = std::size_t{2} << 20};
    /// Of documents between being read and being finished; see run_pipeline().
    std::size_t bytes_in_flight_max = std::size_t{8} << 20;
    /// How long after a write's `updated_ts` the write may become visible to readers. The cursor stays this far behind
    /// the clock that sets `updated_ts`, so everything younger is read again.
    std::chrono::milliseconds overlap{10'000};
    RetirementBudget retirement;
    /// How long incremental passes leave a quarantined parent alone that did not change.
    std::chrono::milliseconds quarantine_retry_interval{60'000};
    Execution execution = Execution::threads;
};

/// What one pass is to do.
struct PassRequest {
    Mode mode = Mode::incremental;
    Scope scope;
    /// Children are made for parents of on-demand entities that have none, too.
    bool create_missing = false;
    /// Full passes only: every child is read, and what others wrote into it is put right.
    bool verify_children = false;
    /// The fingerprint of the configuration by city that is in force; for parks only. When it is another than that of
    /// the last pass, this one looks at every park.
    std::string configuration_fingerprint;
    /// A full pass over this part only, under a lease of its own, beside the incremental passes, to which cursor and
    /// backfills are left.
    std::optional<Shard> shard;
    /// Given the number of children that are to be retired, says how many may be, since the shards of a round share one
    /// budget. Has to be set with a shard; is called at most once.
    std::function<std::size_t(std::size_t wanted)> grant_retirements = {};

    /// Whether every parent in the scope is read: by full passes, and where children are to be made for parents that
    /// have none and may not have changed for long.
    [[nodiscard]] bool reads_everything() const noexcept { return mode == Mode::full || create_missing; }
};

struct PassResult {
    RunCounts counts;
    /// False when the pass was stopped before its end. What was done stands, and the next pass goes on from there.
    bool is_complete = false;
};

}  // namespace twinfleet::mirroring
