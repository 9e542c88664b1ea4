#include "capabilities/mirroring/memory/runs/lease_wishes_postgres.hpp"

#include "capabilities/mirroring/memory/schema/values_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::chrono::milliseconds read_interval{200};

// A wish is worth nothing after a crash of the server: who wishes says so again.
constexpr auto without_waiting_for_the_disk = "SET LOCAL synchronous_commit = off";

}  // namespace

void PostgresLeaseWishes::wish(std::string_view job, std::string_view family, std::chrono::milliseconds lifetime) {
    pool_.transact([&](pqxx::work& transaction) {
        transaction.exec(without_waiting_for_the_disk);
        transaction.exec_params(
            "INSERT INTO fleet_sync.lease_wishes AS known (job, family, wished_until)"
            " VALUES ($1, $2, clock_timestamp() + interval '1 millisecond' * $3::bigint)"
            " ON CONFLICT (job, family) DO UPDATE"
            " SET wished_until = greatest(known.wished_until, excluded.wished_until)",
            stored::text(std::string(job)), stored::text(std::string(family)), lifetime.count());
    });
}

void PostgresLeaseWishes::withdraw(std::string_view job, std::string_view family) {
    pool_.transact([&](pqxx::work& transaction) {
        transaction.exec(without_waiting_for_the_disk);
        transaction.exec_params("DELETE FROM fleet_sync.lease_wishes WHERE job = $1 AND family = $2",
                                stored::text(std::string(job)), stored::text(std::string(family)));
    });
}

bool PostgresLeaseWishes::is_wished(std::string_view job, std::string_view family) {
    // The lock is held through the query: whoever comes meanwhile needs its answer.
    const std::lock_guard lock(mutex_);
    if (clock_.monotonic() >= read_again_at_) {
        wished_ = pool_.transact([](pqxx::work& transaction) {
            Jobs jobs;
            for (const auto& row : transaction.exec(
                     "SELECT job, family FROM fleet_sync.lease_wishes WHERE wished_until > clock_timestamp()")) {
                jobs.emplace(row[0].c_str(), row[1].c_str());
            }
            return jobs;
        });
        read_again_at_ = clock_.monotonic() + read_interval;
    }
    return wished_.contains({std::string(job), std::string(family)});
}

}  // namespace twinfleet::mirroring
