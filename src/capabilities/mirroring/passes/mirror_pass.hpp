#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/passes/mirror_batch.hpp"
#include "capabilities/mirroring/passes/mirror_environment.hpp"
#include "capabilities/mirroring/passes/pass_request.hpp"

namespace twinfleet::mirroring {

/// The state of one run (pass_run.hpp).
struct PassRun;

/// Mirrors the parents of one entity into one family (design, "A pass"). An incremental pass retires
/// the children of parents that the store says were removed since the cursor, then looks at the parks for which a
/// backfill was requested, at the quarantine, and at what has changed since the cursor. A full pass looks at everything
/// and then retires children whose parents are gone. One object may run several passes, one after the
/// other.
class MirrorPass {
public:
    /// All arguments but the settings outlive this.
    MirrorPass(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
               const PassSettings& settings);

    /// Runs one pass under `lease`. `assert_lease` throws LeaseLost when the lease has lapsed by the local clock; it is
    /// called before each write to children. `on_progress` is called after each batch with the counts so far, and may
    /// be empty. On a stop, the batches that have been read are finished. Throws what the stores throw, and LeaseLost.
    [[nodiscard]] PassResult run(const PassRequest& request, const Lease& lease, std::function<void()> assert_lease,
                                 const std::function<void(const RunCounts&)>& on_progress, std::stop_token stop);

    /// Tries these entries of the quarantine again, however recently they were tried.
    [[nodiscard]] PassResult retry(const std::vector<QuarantineEntry>& entries, const Lease& lease,
                                   std::function<void()> assert_lease);

private:
    void retire_removed(PassRun& run);
    /// Whether the source is read as a whole, whatever the cursor says.
    [[nodiscard]] bool reads_everything(const PassRun& run) const;
    void backfill(PassRun& run);
    void retry_quarantined(PassRun& run);
    void try_again(PassRun& run, const std::vector<QuarantineEntry>& entries);
    void mirror_source(PassRun& run);
    void mirror_shard(PassRun& run);
    /// Has the time of children set that have an empty one. There is hardly ever one, so all are looked for at once.
    void set_empty_times(PassRun& run);
    static void see_to_departures(PassRun& run);
    /// Sends the documents of the stream through the steps of a batch. Returns false when it was stopped before its
    /// end.
    [[nodiscard]] bool mirror(
        PassRun& run, DocumentStream& stream, const std::function<void(MirrorBatch&)>& before_finish,
        const std::function<void(const MirrorBatch&)>& when_counted = [](const MirrorBatch&) {});

    const MirrorEnvironment& environment_;
    const Entity& entity_;
    const domain::AppFamily& family_;
    const PassSettings settings_;
    LinkStore& links_;
    EntityStore& documents_;
};

}  // namespace twinfleet::mirroring
