#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "capabilities/mirroring/leases/held_lease.hpp"
#include "capabilities/mirroring/runs/lease_wishes.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::mirroring {

/// Tries for up to `wait` to come by the lease of a job and lets the wish for it stand meanwhile, so that the periodic
/// passes make room. `try_for` is one attempt that takes so long at most. nullptr when somebody else held it all the
/// while, or on a stop. Throws what `wishes` and `try_for` throw.
[[nodiscard]] std::unique_ptr<HeldLease> acquire_wished_lease(
    LeaseWishes& wishes, const platform::Clock& clock, std::string_view job, std::string_view family,
    std::chrono::milliseconds wait, const std::stop_token& stop,
    const std::function<std::unique_ptr<HeldLease>(std::chrono::milliseconds)>& try_for);

}  // namespace twinfleet::mirroring
