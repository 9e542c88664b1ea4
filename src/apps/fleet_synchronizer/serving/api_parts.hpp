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

/// The objects behind the HTTP API of `serve`. They have connections of their own to PostgreSQL, so that busy jobs do
/// not delay an answer.
class ApiParts {
public:
    struct Settings {
        /// How PostgreSQL is reached. The number of connections follows from the threads instead.
        postgres::Settings postgres;
        /// How many threads the API has for requests that block. Each of them may use a connection.
        std::size_t threads = 0;
        MirrorSettings mirror;
    };

    /// Once `stop` is requested, runs that were started by the API are interrupted. All arguments but the settings
    /// outlive this object. This object outlives the API and, because `registry` shows its connections, every call of
    /// registry.text().
    ApiParts(const Settings& settings, MirrorMemory& memory, MirrorJobs& jobs, metrics::Registry& registry,
             const std::stop_token& stop);
    /// Interrupts runs that the API has started and waits up to several seconds for their end and for that of requests
    /// under way.
    ~ApiParts();
    ApiParts(const ApiParts&) = delete;
    ApiParts& operator=(const ApiParts&) = delete;

    /// The routes of the API.
    [[nodiscard]] std::vector<api::Route> routes();

private:
    struct Parts;
    const std::unique_ptr<Parts> parts_;
};

}  // namespace twinfleet::fleet_synchronizer
