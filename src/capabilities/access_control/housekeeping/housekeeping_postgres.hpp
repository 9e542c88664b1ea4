#pragma once

#include <cstddef>
#include <stop_token>

#include "platform/log/logger.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

/// How long the database keeps what nothing else removes.
struct HousekeepingSettings {
    /// Entries of the audit trail.
    std::size_t audit_kept_days = 365;
    /// Notes of groups and users that were removed. Whoever has not followed the changes for longer learns of removals
    /// only by comparing everything.
    std::size_t removals_kept_days = 7;
};

/// What prune() removed.
struct Pruned {
    std::size_t audit_entries = 0;
    std::size_t removals = 0;
};

/// Removes everything that is older than the settings say, in transactions of at most `rows_max` rows each.
Pruned prune(postgres::Pool& pool, const HousekeepingSettings& settings, std::size_t rows_max = 10'000);

/// Prunes at once and then every hour, until `stop` is requested. A round that fails is logged; the next one makes up
/// for it. Any number of replicas may do so at once.
void keep_house(postgres::Pool& pool, const HousekeepingSettings& settings, log::Logger& log,
                const std::stop_token& stop);

}  // namespace twinfleet::access_control
