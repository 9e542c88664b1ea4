#pragma once

#include <chrono>
#include <string_view>

namespace twinfleet::mirroring {

/// Wishes for leases. A run that waits for the lease of a job wishes for it here, and the periodic passes of every
/// replica make room: they give the lease back after the pass under way, and leave the job alone while the wish stands.
/// Safe to use from any thread.
class LeaseWishes {
public:
    LeaseWishes() = default;
    LeaseWishes(const LeaseWishes&) = delete;
    LeaseWishes& operator=(const LeaseWishes&) = delete;
    virtual ~LeaseWishes() = default;

    /// Makes a wish that stands for `lifetime`, or until it is withdrawn. Of several wishes for one job the one that
    /// ends last counts.
    virtual void wish(std::string_view job, std::string_view family, std::chrono::milliseconds lifetime) = 0;
    /// Ends the wish for the job. It is not an error when there is none.
    virtual void withdraw(std::string_view job, std::string_view family) = 0;
    /// Whether there is a wish for the job. The answer may be half a second old.
    [[nodiscard]] virtual bool is_wished(std::string_view job, std::string_view family) = 0;
};

}  // namespace twinfleet::mirroring
