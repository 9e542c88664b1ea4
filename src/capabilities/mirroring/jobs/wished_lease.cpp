#include "capabilities/mirroring/jobs/wished_lease.hpp"

#include <algorithm>

namespace twinfleet::mirroring {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// A wish outlives two of these: who died leaves the periodic passes out for a few seconds only.
constexpr milliseconds wish_interval{1'000};
constexpr milliseconds wish_lifetime{3'000};

}  // namespace

std::unique_ptr<HeldLease> acquire_wished_lease(
    LeaseWishes& wishes, const platform::Clock& clock, std::string_view job, std::string_view family, milliseconds wait,
    const std::stop_token& stop, const std::function<std::unique_ptr<HeldLease>(milliseconds)>& try_for) {
    const nanoseconds deadline = clock.monotonic() + wait;
    std::unique_ptr<HeldLease> lease;
    nanoseconds left{};
    do {
        wishes.wish(job, family, wish_lifetime);
        left = std::max(deadline - clock.monotonic(), nanoseconds::zero());
        lease = try_for(std::min(wish_interval, std::chrono::ceil<milliseconds>(left)));
    } while (lease == nullptr && left > nanoseconds::zero() && !stop.stop_requested());
    wishes.withdraw(job, family);
    return lease;
}

}  // namespace twinfleet::mirroring
