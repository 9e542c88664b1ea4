#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "apps/fleet_synchronizer/settings.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/memory/runs/lease_wishes.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::fleet_synchronizer {

/// The HTTP API of `serve`, with connections of its own to PostgreSQL: busy jobs do not hold an answer up.
class Api {
public:
    /// Throws config::Error for a wrong file of service tokens, std::runtime_error when the address cannot be listened
    /// on. Once `stop` is requested nothing is accepted, runs that were asked for are interrupted, and what is under
    /// way is answered. What is referred to outlives the API.
    Api(const Settings& settings, mirroring::JobRunner& runner, const mirroring::JobDependencies& dependencies,
        const mirroring::LeaseSettings& lease, mirroring::LeaseWishes& lease_wishes, metrics::Registry& registry,
        std::stop_token stop);
    /// Waits for the end of what is under way, up to several seconds.
    ~Api();
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    struct Connections;
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace twinfleet::fleet_synchronizer
