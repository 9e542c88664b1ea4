#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "capabilities/mirroring/erasure/erased_parents.hpp"
#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "capabilities/mirroring/passes/mirror_pass.hpp"
#include "domain/app_family.hpp"
#include "platform/http_client/client.hpp"

namespace twinfleet::fleet_synchronizer {

/// What the configuration says of the jobs that mirror, whether they run in `serve` or by a command.
struct MirrorSettings {
    /// Not empty; names are unique.
    std::vector<domain::AppFamily> families;
    /// By name of the job.
    std::map<std::string, mirroring::JobSchedule> schedules;
    mirroring::PassSettings pass;

    struct Lease {
        std::chrono::milliseconds lifetime{};
        /// How long to wait for a lease that another process holds.
        std::chrono::milliseconds wait{};
    };
    Lease lease;
    /// How many records of runs are kept of each job and family, and how long those of foreign edits and of changes of
    /// links.
    std::size_t runs_kept_of_each_job = 0;
    std::size_t foreign_edits_kept_days = 0;
    std::size_t link_changes_kept_days = 0;

    /// With an empty base_url users and groups are not mirrored.
    http::ClientSettings access_control;
    [[nodiscard]] bool has_access_control() const noexcept { return !access_control.base_url.empty(); }
    /// With an empty base_url no erasure comes to its end.
    http::ClientSettings driver_protocol;
    /// By what a parent driver says that his data is to be erased.
    mirroring::ErasedParents erased_parents;
};

}  // namespace twinfleet::fleet_synchronizer
