#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <vector>

#include "apps/fleet_synchronizer/startup/mirror_jobs.hpp"
#include "apps/fleet_synchronizer/startup/mirror_memory.hpp"
#include "apps/fleet_synchronizer/startup/mirror_settings.hpp"
#include "platform/api/api_server.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::fleet_synchronizer {

/// What the HTTP API of `serve` works with. It has connections of its own to PostgreSQL: busy jobs do not hold an
/// answer up.
class ApiParts {
public:
    struct Settings {
        /// But for the number of connections.
        postgres::Settings postgres;
        /// The threads of the API, each of which may use a connection.
        std::size_t threads = 0;
        MirrorSettings mirror;
    };

    /// Once `stop` is requested, runs that were asked for are interrupted. What is referred to outlives this, and this
    /// outlives the API and the last text of `registry`.
    ApiParts(const Settings& settings, MirrorMemory& memory, MirrorJobs& jobs, metrics::Registry& registry,
             const std::stop_token& stop);
    /// Waits for the end of what is under way, up to several seconds.
    ~ApiParts();
    ApiParts(const ApiParts&) = delete;
    ApiParts& operator=(const ApiParts&) = delete;

    [[nodiscard]] std::vector<api::Route> routes();

private:
    struct Parts;
    const std::unique_ptr<Parts> parts_;
};

}  // namespace twinfleet::fleet_synchronizer
