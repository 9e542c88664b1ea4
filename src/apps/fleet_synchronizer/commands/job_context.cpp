#include "apps/fleet_synchronizer/commands/job_context.hpp"

#include <algorithm>

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
    const auto acquire = [&](std::chrono::milliseconds wait) {
        return context.retry([&] {
            return mirroring::HeldLease::acquire(context.dependencies.leases, context.dependencies.clock, context.lease,
                                                 entity.name, family.name, wait, context.stop);
        });
    };
    auto lease = acquire(std::chrono::milliseconds(0));
    if (lease == nullptr && !context.stop.stop_requested()) {
        context.console.say("another process runs " + job_text(entity, family) + "; waiting for it for up to " +
                            std::to_string(std::chrono::ceil<std::chrono::seconds>(context.lease_wait).count()) + " s");
        lease = acquire(context.lease_wait);
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
    : context_(context),
      links_(context.dependencies.links, context.retry),
      quarantine_(context.dependencies.quarantine, context.retry),
      unique_drivers_(context.dependencies.unique_drivers, context.retry) {
    for (const auto& [name, store] : context.dependencies.stores) {
        owned_.push_back(std::make_unique<mirroring::RetryingEntityStore>(*store, context.retry));
        entities_.emplace(name, owned_.back().get());
    }
}

mirroring::World RetryingStores::world() {
    return {
        .links = links_,
        .stores = entities_,
        .unique_drivers = unique_drivers_,
        .ids = context_.dependencies.ids,
        .clock = context_.dependencies.clock,
        .park_enabled = context_.dependencies.enabled_parks().is_enabled,
        .on_operation = {},
        .on_untaught_reference = context_.dependencies.on_untaught_reference,
        .on_foreign_edits = context_.dependencies.on_foreign_edits,
    };
}

}  // namespace twinfleet::fleet_synchronizer
