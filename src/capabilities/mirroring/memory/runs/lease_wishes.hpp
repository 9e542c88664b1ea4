#pragma once

#include <chrono>
#include <string_view>

namespace twinfleet::mirroring {

/// Whoever waits for the lease of a job wishes for it here, and the periodic passes of every replica make room: they
/// give the lease back after the pass under way and leave the job alone while the wish stands. Safe to use from any
/// thread.
class LeaseWishes {
public:
    LeaseWishes() = default;
    LeaseWishes(const LeaseWishes&) = delete;
    LeaseWishes& operator=(const LeaseWishes&) = delete;
    virtual ~LeaseWishes() = default;

    /// The wish stands for `lifetime`, or until it is withdrawn. Of several wishes for one job the one that ends last
    /// counts.
    virtual void wish(std::string_view job, std::string_view family, std::chrono::milliseconds lifetime) = 0;
    /// Not an error when there is no wish.
    virtual void withdraw(std::string_view job, std::string_view family) = 0;
    /// The answer may be half a second old.
    [[nodiscard]] virtual bool is_wished(std::string_view job, std::string_view family) = 0;
};

}  // namespace twinfleet::mirroring
