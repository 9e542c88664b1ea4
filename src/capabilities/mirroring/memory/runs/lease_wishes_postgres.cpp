#include "capabilities/mirroring/memory/runs/lease_wishes_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::chrono::milliseconds read_interval{200};

// A wish is worth nothing after a crash of the server: who wishes says so again.
constexpr auto without_waiting_for_the_disk = "SET LOCAL synchronous_commit = off";

}  // namespace

void PostgresLeaseWishes::wish(std::string_view job, std::string_view family, std::chrono::milliseconds lifetime) {
    pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute(without_waiting_for_the_disk);
        transaction.execute(
            "INSERT INTO fleet_sync.lease_wishes AS known (job, family, wished_until)"
            " VALUES ($1, $2, clock_timestamp() + interval '1 millisecond' * $3::bigint)"
            " ON CONFLICT (job, family) DO UPDATE"
            " SET wished_until = greatest(known.wished_until, excluded.wished_until)",
            job, family, lifetime.count());
    });
}

void PostgresLeaseWishes::withdraw(std::string_view job, std::string_view family) {
    pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute(without_waiting_for_the_disk);
        transaction.execute("DELETE FROM fleet_sync.lease_wishes WHERE job = $1 AND family = $2", job, family);
    });
}

bool PostgresLeaseWishes::is_wished(std::string_view job, std::string_view family) {
    // The lock is held through the query: whoever comes meanwhile needs its answer.
    const std::lock_guard lock(mutex_);
    if (clock_.monotonic() >= read_again_at_) {
        wished_ = pool_.transact([](postgres::Transaction& transaction) {
            Jobs jobs;
            for (postgres::Row row : transaction.execute(
                     "SELECT job, family FROM fleet_sync.lease_wishes WHERE wished_until > clock_timestamp()")) {
                const std::string_view job = row.text();
                jobs.emplace(job, row.text());
            }
            return jobs;
        });
        read_again_at_ = clock_.monotonic() + read_interval;
    }
    return wished_.contains({std::string(job), std::string(family)});
}

}  // namespace twinfleet::mirroring
