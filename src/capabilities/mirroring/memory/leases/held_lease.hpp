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

/// How a process holds leases.
struct LeaseSettings {
    /// How long a lease lives without being renewed: when its holder is killed, another process can have the lease
    /// after this time at the latest (contract, section 3).
    std::chrono::milliseconds lifetime{15'000};
    /// The host and the process id, for a person who asks which process holds a job.
    std::string holder;
};

/// A lease that a thread of its own renews for as long as the object lives, and that is given back when the object is
/// destroyed. Safe to use from any thread.
class HeldLease {
public:
    /// Takes the lease, waiting up to `wait_max` while somebody else holds it. Returns nullptr when somebody else still
    /// holds it then, or when a stop is requested. The store and the clock outlive the lease.
    [[nodiscard]] static std::unique_ptr<HeldLease> acquire(LeaseStore& store, const platform::Clock& clock,
                                                            const LeaseSettings& settings, std::string_view job,
                                                            std::string_view family, std::chrono::milliseconds wait_max,
                                                            std::stop_token stop);
    ~HeldLease();
    HeldLease(const HeldLease&) = delete;
    HeldLease& operator=(const HeldLease&) = delete;

    [[nodiscard]] const Lease& lease() const noexcept { return lease_; }
    /// Whether assert_held() would throw.
    [[nodiscard]] bool is_lost() const noexcept;
    /// Throws LeaseLost when another process has taken the lease over, or when it could not be renewed in time by the
    /// local clock. A process that was suspended notices the latter before it writes.
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
