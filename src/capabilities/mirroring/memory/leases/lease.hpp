#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::mirroring {

/// The right to run one job for one family. The token grows with every new holder, so a write that shows an old one can
/// be refused (a fencing token).
struct Lease {
    std::string job;
    std::string family;
    std::int64_t token = 0;
};

/// Somebody else holds the job now. Whoever catches this stops at once and writes nothing more.
class LeaseLost : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override {
        return "the lease of the job is held by another process";
    }
};

/// Leases that live in the store shared by all replicas, by that store's clock.
class LeaseStore {
public:
    LeaseStore() = default;
    LeaseStore(const LeaseStore&) = delete;
    LeaseStore& operator=(const LeaseStore&) = delete;
    virtual ~LeaseStore() = default;

    /// nullopt while the last lease has not lapsed, even if it is the caller's own, as each run of a job has a lease of
    /// its own. `holder` only tells a person which process it is.
    [[nodiscard]] virtual std::optional<Lease> acquire(std::string_view job, std::string_view family,
                                                       std::string_view holder, std::chrono::milliseconds lifetime) = 0;
    /// The lease lapses `lifetime` from now. False when somebody else has taken it over.
    [[nodiscard]] virtual bool renew(const Lease& lease, std::chrono::milliseconds lifetime) = 0;
    /// Lets the next holder in at once. Not an error when somebody else has taken the lease over.
    virtual void release(const Lease& lease) = 0;
};

}  // namespace twinfleet::mirroring
