#include "capabilities/access_control/housekeeping/housekeeping_postgres.hpp"

#include <chrono>
#include <exception>
#include <string>

#include "platform/concurrency/backoff.hpp"

namespace twinfleet::access_control {
namespace {

constexpr std::chrono::hours interval{1};

std::size_t remove_older(postgres::Pool& pool, const std::string& sql, std::size_t kept_days, std::size_t rows_max) {
    std::size_t all = 0;
    for (;;) {
        const std::size_t removed = pool.transact([&](postgres::Transaction& transaction) {
            return transaction.execute(sql, static_cast<std::int64_t>(kept_days), static_cast<std::int64_t>(rows_max))
                .affected_rows();
        });
        all += removed;
        if (removed < rows_max) {
            return all;
        }
    }
}

}  // namespace

Pruned prune(postgres::Pool& pool, const HousekeepingSettings& settings, std::size_t rows_max) {
    Pruned pruned;
    pruned.audit_entries =
        remove_older(pool,
                     "DELETE FROM access_control.audit WHERE id IN (SELECT id FROM access_control.audit"
                     " WHERE at < now() - interval '1 day' * $1::bigint ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)",
                     settings.audit_kept_days, rows_max);
    for (const char* kind : {"groups", "users"}) {
        pruned.removals +=
            remove_older(pool,
                         std::string("DELETE FROM access_control.removed_records WHERE kind = '") + kind +
                             "' AND id IN (SELECT id FROM access_control.removed_records WHERE kind = '" + kind +
                             "' AND updated_at < now() - interval '1 day' * $1::bigint ORDER BY updated_at LIMIT $2"
                             " FOR UPDATE SKIP LOCKED)",
                         settings.removals_kept_days, rows_max);
    }
    return pruned;
}

void keep_house(postgres::Pool& pool, const HousekeepingSettings& settings, log::Logger& log,
                const std::stop_token& stop) {
    do {
        try {
            const Pruned pruned = prune(pool, settings);
            if (pruned.audit_entries + pruned.removals > 0) {
                log.info("old entries removed",
                         {{"audit_entries", pruned.audit_entries}, {"removals", pruned.removals}});
            }
        } catch (const std::exception& failure) {
            log.warning("housekeeping failed", {{"reason", failure.what()}});
        }
    } while (platform::wait_for(stop, interval));
}

}  // namespace twinfleet::access_control
