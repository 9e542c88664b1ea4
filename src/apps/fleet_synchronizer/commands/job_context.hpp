#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "apps/fleet_synchronizer/output/console.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/memory/runs/lease_wishes.hpp"
#include "capabilities/mirroring/stores/retrying_stores.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// What the commands of fleet-synchronizer work with. Everything that this refers to outlives the command.
struct JobContext {
    mirroring::JobRunner& runner;
    const mirroring::JobDependencies& dependencies;
    const mirroring::JobSettings& settings;
    /// How leases are held, and the name under which this process holds them.
    const mirroring::LeaseSettings& lease;
    /// Where a command says that it waits for a lease, so that a `serve` gives it back.
    mirroring::LeaseWishes& wishes;
    /// How long to wait for a lease that another process holds.
    std::chrono::milliseconds lease_wait;
    /// All configured families.
    const std::vector<domain::AppFamily>& families;
    /// Removes records that are older than they are to be kept (startup/old_records.hpp); called when a run is over.
    std::function<void()> remove_old_records;
    /// Repeats calls to stores that are away, for as long as `--timeout` says.
    const mirroring::Retry& retry;
    Console& console;
    /// Requested when the command is to end early.
    std::stop_token stop;
};

/// The configured family called `name`; all configured families when `name` is empty.
[[nodiscard]] std::vector<domain::AppFamily> families_named(const JobContext& context, const std::string& name);

/// Waits for the lease of the job that keeps `entity` in step in `family`, for up to `lease_wait`, and says on stderr
/// that it waits. A `serve` that holds it makes room after the pass under way. Returns nullptr when another process
/// held the lease all the while, which is said on stderr as well, or when a stop was requested.
[[nodiscard]] std::unique_ptr<mirroring::HeldLease> acquire_lease(const JobContext& context,
                                                                  const mirroring::Entity& entity,
                                                                  const domain::AppFamily& family);

/// Says on stderr that another process has taken the lease of the job over.
void say_lease_lost(const JobContext& context, const mirroring::Entity& entity, const domain::AppFamily& family);

/// The stores of the mirror, with every call repeated while a store is away.
class RetryingStores {
public:
    /// The context outlives this.
    explicit RetryingStores(const JobContext& context);
    /// What passes, creation and verification work with. The result refers to this object and to the context.
    [[nodiscard]] mirroring::MirrorEnvironment environment();
    [[nodiscard]] mirroring::QuarantineStore& quarantine() noexcept { return stores_.stores().quarantine; }

private:
    const JobContext& context_;
    mirroring::RetryingStores stores_;
};

}  // namespace twinfleet::fleet_synchronizer
