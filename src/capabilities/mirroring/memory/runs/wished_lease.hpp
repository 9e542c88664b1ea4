#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string_view>

#include "capabilities/mirroring/memory/leases/held_lease.hpp"
#include "capabilities/mirroring/memory/runs/lease_wishes.hpp"

namespace twinfleet::mirroring {

/// Takes the lease of a job as HeldLease::acquire() does, and has the periodic passes make room for it: wishes for the
/// lease until it is there, or until the wait is over. So whoever asks for a run, by the API or by a command, waits no
/// longer than for the pass under way. Returns nullptr when somebody else, another run say, held the lease all the
/// while, or when a stop was requested. Both stores and the clock outlive the lease. Throws what the stores throw.
[[nodiscard]] std::unique_ptr<HeldLease> acquire_wished(LeaseStore& leases, LeaseWishes& wishes,
                                                        const platform::Clock& clock, const LeaseSettings& settings,
                                                        std::string_view job, std::string_view family,
                                                        std::chrono::milliseconds wait_max,
                                                        const std::stop_token& stop);

}  // namespace twinfleet::mirroring
