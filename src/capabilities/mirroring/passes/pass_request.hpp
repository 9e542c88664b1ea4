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
    /// Whether children may be retired although not one parent of their entity is left, as far as the budget goes
    /// (Departures).
    bool also_when_no_parent_is_left = false;

    /// How many children may be retired when `linked` children are linked.
    [[nodiscard]] std::size_t of(std::size_t linked) const;
};

/// How passes work, whatever a request asks for.
struct PassSettings {
    BatchLimits batch{.documents_max = 2000, .bytes_max = std::size_t{2} << 20};
    /// The most bytes of documents that may be under way between being read and being finished; see run_pipeline().
    std::size_t bytes_in_flight_max = std::size_t{6} << 20;
    /// How long after its `updated_ts` a write may become visible to readers. The cursor stays this far behind the
    /// clock that sets `updated_ts`, so that everything younger is read again.
    std::chrono::milliseconds overlap{10'000};
    RetirementBudget retirement;
    /// How long an incremental pass leaves a parent in quarantine alone after it was last tried, unless the parent has
    /// changed.
    std::chrono::milliseconds quarantine_retry_interval{60'000};
    Execution execution = Execution::threads;
};

/// What one pass is to do.
struct PassRequest {
    Mode mode = Mode::incremental;
    Scope scope;
    /// Whether parents of on-demand entities that have no child get one.
    bool create_missing = false;
    /// For full passes: whether every child is read, and what others than the mirror wrote into it is put right.
    bool verify_children = false;
    /// The fingerprint of the configuration by city that is in force, for passes over parks only. When it differs from
    /// that of the last pass, this pass looks at every park.
    std::string configuration_fingerprint;
    /// Limits a full pass to this part. Such a pass has a lease of its own and runs beside the incremental passes, to
    /// which it leaves cursor and backfills.
    std::optional<Shard> shard;
    /// Takes the number of children that are to be retired and returns how many of them may be, since the shards of a
    /// round share one budget. Must be set when `shard` is; called at most once.
    std::function<std::size_t(std::size_t wanted)> grant_retirements = {};
    /// For full passes: whether somebody has retired the parks of the scope on purpose. Everything in them whose parent
    /// is there is retired then, however much that is; for the rest the budget holds.
    bool retires_on_purpose = false;

    /// Whether every parent in the scope is read. A full pass does that, and so does one that makes children for
    /// parents without any, because these may not have changed for long.
    [[nodiscard]] bool reads_everything() const noexcept { return mode == Mode::full || create_missing; }
};

/// What a pass did.
struct PassResult {
    RunCounts counts;
    /// Whether retirements were held back because no parent is left, rather than by the budget.
    bool no_parent_is_left = false;
    /// False when the pass was stopped before its end. What was done stands, and the next pass goes on from there.
    bool is_complete = false;
};

}  // namespace twinfleet::mirroring
