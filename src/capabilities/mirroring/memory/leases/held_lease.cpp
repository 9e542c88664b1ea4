#include "capabilities/mirroring/memory/leases/held_lease.hpp"

#include <algorithm>

#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds retry_interval{250};

}  // namespace

std::unique_ptr<HeldLease> HeldLease::acquire(LeaseStore& store, const platform::Clock& clock,
                                              const LeaseSettings& settings, std::string_view job,
                                              std::string_view family, milliseconds wait_max, std::stop_token stop) {
    const nanoseconds deadline = clock.monotonic() + wait_max;
    for (;;) {
        const nanoseconds asked_at = clock.monotonic();
        if (auto lease = store.acquire(job, family, settings.holder, settings.lifetime)) {
            return std::unique_ptr<HeldLease>(new HeldLease(store, clock, settings, std::move(*lease), asked_at));
        }
        const nanoseconds left = deadline - clock.monotonic();
        if (left <= nanoseconds::zero() || !platform::wait_for(stop, std::min<nanoseconds>(left, retry_interval))) {
            return nullptr;
        }
    }
}

HeldLease::HeldLease(LeaseStore& store, const platform::Clock& clock, const LeaseSettings& settings, Lease lease,
                     nanoseconds asked_at)
    : store_(store),
      clock_(clock),
      settings_(settings),
      lease_(std::move(lease)),
      held_until_ns_((asked_at + settings.lifetime).count()),
      keeper_([this](std::stop_token stop) { keep(std::move(stop)); }) {}

HeldLease::~HeldLease() {
    keeper_.request_stop();
    keeper_.join();
    try {
        store_.release(lease_);
    } catch (const std::exception&) {
        // It lapses by itself.
    }
}

bool HeldLease::is_lost() const noexcept {
    return is_lost_ || clock_.monotonic().count() >= held_until_ns_;
}

void HeldLease::assert_held() const {
    if (is_lost()) {
        throw LeaseLost();
    }
}

void HeldLease::keep(std::stop_token stop) {
    // Two renewals may fail before the lease lapses.
    const milliseconds interval = settings_.lifetime / 3;
    milliseconds pause = interval;
    while (platform::wait_for(stop, pause)) {
        const nanoseconds asked_at = clock_.monotonic();
        try {
            if (!store_.renew(lease_, settings_.lifetime)) {
                is_lost_ = true;
                return;
            }
            held_until_ns_ = (asked_at + settings_.lifetime).count();
            pause = interval;
        } catch (const std::exception&) {
            pause = std::min(retry_interval, interval);
        }
    }
}

}  // namespace twinfleet::mirroring
