#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <vector>

#include "apps/fleet_synchronizer/output/console.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/stores/retrying_stores.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// What commands that touch children work with.
struct JobContext {
    mirroring::JobRunner& runner;
    const mirroring::JobDependencies& dependencies;
    const mirroring::JobSettings& settings;
    const mirroring::LeaseSettings& lease;
    /// How long to wait for a lease that another process holds.
    std::chrono::milliseconds lease_wait;
    /// Every configured one.
    const std::vector<domain::AppFamily>& families;
    std::size_t runs_kept_of_each_job;
    const mirroring::Retry& retry;
    Console& console;
    std::stop_token stop;
};

/// The family of that name, or all of them when it is empty.
[[nodiscard]] std::vector<domain::AppFamily> families_named(const JobContext& context, const std::string& name);

/// nullptr, after having said so, when another process holds it all the while, or on a stop.
[[nodiscard]] std::unique_ptr<mirroring::HeldLease> acquire_lease(const JobContext& context,
                                                                  const mirroring::Entity& entity,
                                                                  const domain::AppFamily& family);

/// Says that another process has taken the job over.
void say_lease_lost(const JobContext& context, const mirroring::Entity& entity, const domain::AppFamily& family);

/// The stores with every call repeated while they are away.
class RetryingStores {
public:
    explicit RetryingStores(const JobContext& context);
    /// Both refer to this object and to the context.
    [[nodiscard]] mirroring::MirrorEnvironment environment();
    [[nodiscard]] mirroring::QuarantineStore& quarantine() noexcept { return stores_.stores().quarantine; }

private:
    const JobContext& context_;
    mirroring::RetryingStores stores_;
};

}  // namespace twinfleet::fleet_synchronizer
