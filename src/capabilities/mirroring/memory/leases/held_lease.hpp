#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::mirroring {

struct LeaseSettings {
    /// A killed holder is replaced after this at the latest (contract, section 3).
    std::chrono::milliseconds lifetime{15'000};
    /// Names this process to a person who asks who holds a job: host and process id.
    std::string holder;
};

/// A lease that is renewed in the background for as long as the object lives, and given back at its end.
class HeldLease {
public:
    /// Waits up to `wait_max` for it; nullptr when somebody else still holds it then, or on a stop.
    [[nodiscard]] static std::unique_ptr<HeldLease> acquire(LeaseStore& store, const platform::Clock& clock,
                                                            const LeaseSettings& settings, std::string_view job,
                                                            std::string_view family, std::chrono::milliseconds wait_max,
                                                            std::stop_token stop);
    ~HeldLease();
    HeldLease(const HeldLease&) = delete;
    HeldLease& operator=(const HeldLease&) = delete;

    [[nodiscard]] const Lease& lease() const noexcept { return lease_; }
    [[nodiscard]] bool is_lost() const noexcept;
    /// Throws LeaseLost when it was taken over, or could not be renewed in time by the local clock: a process that was
    /// suspended notices before it writes.
    void assert_held() const;

private:
    HeldLease(LeaseStore& store, const platform::Clock& clock, const LeaseSettings& settings, Lease lease,
              std::chrono::nanoseconds asked_at);
    void keep(std::stop_token stop);

    LeaseStore& store_;
    const platform::Clock& clock_;
    const LeaseSettings settings_;
    const Lease lease_;
    /// On the monotonic clock, in nanoseconds.
    std::atomic<std::int64_t> held_until_ns_;
    std::atomic<bool> is_lost_{false};
    std::jthread keeper_;
};

}  // namespace twinfleet::mirroring
