#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::mirroring {

/// The right to run one job for one family. The token is greater for every new holder, so that a write which shows the
/// token of an earlier holder can be refused (a fencing token).
struct Lease {
    std::string job;
    std::string family;
    std::int64_t token = 0;
};

/// Thrown when another process holds the job now. A caller that catches this stops at once and writes nothing more.
class LeaseLost : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override {
        return "the lease of the job is held by another process";
    }
};

/// The leases of all replicas, in a store that they share. Time is that of the store's clock. Safe to use from any
/// thread.
class LeaseStore {
public:
    LeaseStore() = default;
    LeaseStore(const LeaseStore&) = delete;
    LeaseStore& operator=(const LeaseStore&) = delete;
    virtual ~LeaseStore() = default;

    /// Takes the lease. Returns nullopt while the last lease has not lapsed, even if it is the caller's own, since each
    /// run of a job has a lease of its own. `holder` tells a person which process holds it and has no other effect.
    [[nodiscard]] virtual std::optional<Lease> acquire(std::string_view job, std::string_view family,
                                                       std::string_view holder, std::chrono::milliseconds lifetime) = 0;
    /// Has the lease lapse `lifetime` from now. Returns false when somebody else has taken it over.
    [[nodiscard]] virtual bool renew(const Lease& lease, std::chrono::milliseconds lifetime) = 0;
    /// Gives the lease back, so that the next process can take it at once. It is not an error when somebody else has
    /// taken it over.
    virtual void release(const Lease& lease) = 0;
};

}  // namespace twinfleet::mirroring
