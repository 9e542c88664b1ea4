#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "capabilities/mirroring/memory/runs/lease_wishes.hpp"
#include "domain/app_family.hpp"
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
        /// Everything about the leases of runs that somebody asks for.
        mirroring::LeaseSettings lease;
        std::chrono::milliseconds lease_wait{};
        std::vector<domain::AppFamily> families;
        /// By name of the job.
        std::map<std::string, mirroring::JobSchedule> schedules;
    };

    /// Once `stop` is requested, runs that were asked for are interrupted. What is referred to outlives this, and this
    /// outlives the API and the last text of `registry`.
    ApiParts(const Settings& settings, mirroring::JobRunner& runner, const mirroring::JobDependencies& dependencies,
             mirroring::LeaseWishes& lease_wishes, metrics::Registry& registry, const std::stop_token& stop);
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
