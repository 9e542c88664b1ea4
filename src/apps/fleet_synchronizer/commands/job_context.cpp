#include "apps/fleet_synchronizer/commands/job_context.hpp"

#include <algorithm>

#include "capabilities/mirroring/memory/runs/wished_lease.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

std::string job_text(const mirroring::Entity& entity, const domain::AppFamily& family) {
    return "the " + std::string(entity.name) + " job of family " + family.name;
}

}  // namespace

std::vector<domain::AppFamily> families_named(const JobContext& context, const std::string& name) {
    std::vector<domain::AppFamily> families;
    std::copy_if(context.families.begin(), context.families.end(), std::back_inserter(families),
                 [&](const domain::AppFamily& family) { return name.empty() || family.name == name; });
    return families;
}

std::unique_ptr<mirroring::HeldLease> acquire_lease(const JobContext& context, const mirroring::Entity& entity,
                                                    const domain::AppFamily& family) {
    const mirroring::JobDependencies& jobs = context.dependencies;
    auto lease = context.retry([&] {
        return mirroring::HeldLease::acquire(jobs.leases, jobs.clock, context.lease, entity.name, family.name,
                                             std::chrono::milliseconds(0), context.stop);
    });
    if (lease == nullptr && !context.stop.stop_requested()) {
        context.console.say("another process runs " + job_text(entity, family) +
                            "; waiting for it to make room, for up to " +
                            std::to_string(std::chrono::ceil<std::chrono::seconds>(context.lease_wait).count()) + " s");
        lease = context.retry([&] {
            return mirroring::acquire_wished(jobs.leases, context.wishes, jobs.clock, context.lease, entity.name,
                                             family.name, context.lease_wait, context.stop);
        });
        if (lease == nullptr && !context.stop.stop_requested()) {
            context.console.say("another process still holds the lease of " + job_text(entity, family));
        }
    }
    return lease;
}

void say_lease_lost(const JobContext& context, const mirroring::Entity& entity, const domain::AppFamily& family) {
    context.console.say("another process has taken over " + job_text(entity, family));
}

RetryingStores::RetryingStores(const JobContext& context)
    : context_(context), stores_(context.dependencies.mirror_stores(), context.retry) {}

mirroring::MirrorEnvironment RetryingStores::environment() {
    return context_.dependencies.environment(stores_.stores());
}

}  // namespace twinfleet::fleet_synchronizer
