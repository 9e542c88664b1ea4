#include "capabilities/mirroring/testing/jobs_over_fakes.hpp"

#include <stdexcept>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring::testing {

JobsOverFakes::JobsOverFakes()
    : dependencies{
          .links = links,
          .leases = leases,
          .quarantine = quarantine,
          .runs = runs,
          .stores = stores,
          .unique_drivers = unique_drivers,
          .ids = ids,
          .clock = clock,
          .log = log,
          .enabled_parks =
              [] {
                  return EnabledParks{[](const ParentFacts&, const domain::AppFamily&) { return true; }, "all"};
              },
          .on_untaught_reference = {},
          .is_lease_wished = [this](std::string_view job, std::string_view of) { return wishes.is_wished(job, of); }},
      runner(dependencies, {.pass = {.batch = {.documents_max = 10}, .execution = Execution::inline_},
                            .store_timeout = std::chrono::milliseconds(0)}) {
    for (const Entity& entity : entities()) {
        owned_stores_.push_back(std::make_unique<FakeEntityStore>(world, entity));
        stores[std::string(entity.name)] = owned_stores_.back().get();
    }
}

Lease JobsOverFakes::take_lease(std::string_view job) const {
    auto lease = leases.acquire(job, family.name, "somebody else", std::chrono::hours(1));
    if (!lease) {
        throw std::logic_error("the lease is taken");
    }
    return *lease;
}

std::string JobsOverFakes::child_id(std::string_view entity, std::string_view parent_id) const {
    for (const auto& [of_family, link] : world.links(entity)) {
        if (of_family == family.name && link.parent_id.value() == parent_id) {
            return link.child_id.value();
        }
    }
    return {};
}

}  // namespace twinfleet::mirroring::testing
