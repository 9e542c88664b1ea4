#include "capabilities/mirroring/memory/runs/wished_lease.hpp"

#include <algorithm>

namespace twinfleet::mirroring {
namespace {

/// A wish outlives two of these: who died leaves the periodic passes out for a few seconds only.
constexpr std::chrono::milliseconds wish_interval{1'000};
constexpr std::chrono::milliseconds wish_lifetime{3'000};

}  // namespace

std::unique_ptr<HeldLease> acquire_wished(LeaseStore& leases, LeaseWishes& wishes, const platform::Clock& clock,
                                          const LeaseSettings& settings, std::string_view job, std::string_view family,
                                          std::chrono::milliseconds wait_max, const std::stop_token& stop) {
    using std::chrono::milliseconds;
    using std::chrono::nanoseconds;
    const nanoseconds deadline = clock.monotonic() + wait_max;
    std::unique_ptr<HeldLease> lease;
    nanoseconds left{};
    do {
        wishes.wish(job, family, wish_lifetime);
        left = std::max(deadline - clock.monotonic(), nanoseconds::zero());
        lease = HeldLease::acquire(leases, clock, settings, job, family,
                                   std::min(wish_interval, std::chrono::ceil<milliseconds>(left)), stop);
    } while (lease == nullptr && left > nanoseconds::zero() && !stop.stop_requested());
    wishes.withdraw(job, family);
    return lease;
}

}  // namespace twinfleet::mirroring
