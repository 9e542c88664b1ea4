#include "capabilities/mirroring/leases/lease_store_postgres.hpp"

#include "capabilities/mirroring/schema/values_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

// clock_timestamp(), as now() is the beginning of the transaction: it may have waited for the row since.
constexpr auto acquire_lease = R"(
    INSERT INTO fleet_sync.job_leases AS lease (job, family, token, holder, acquired_at, expires_at)
    VALUES ($1, $2, 1, $3, clock_timestamp(), clock_timestamp() + interval '1 millisecond' * $4::bigint)
    ON CONFLICT (job, family) DO UPDATE SET
        token = lease.token + 1,
        holder = excluded.holder,
        acquired_at = clock_timestamp(),
        expires_at = clock_timestamp() + interval '1 millisecond' * $4::bigint
    WHERE lease.expires_at <= clock_timestamp()
    RETURNING token)";

constexpr auto renew_lease = R"(
    UPDATE fleet_sync.job_leases SET expires_at = clock_timestamp() + interval '1 millisecond' * $4::bigint
    WHERE job = $1 AND family = $2 AND token = $3)";

// The token moves on, so that whoever gave the lease back cannot use it any more.
constexpr auto release_lease = R"(
    UPDATE fleet_sync.job_leases SET token = token + 1, holder = '', expires_at = '-infinity'
    WHERE job = $1 AND family = $2 AND token = $3)";

}  // namespace

std::optional<Lease> PostgresLeaseStore::acquire(std::string_view job, std::string_view family, std::string_view holder,
                                                 std::chrono::milliseconds lifetime) {
    Lease lease{.job = std::string(job), .family = std::string(family)};
    const std::string holder_text(holder);
    const auto rows = pool_.transact([&](pqxx::work& transaction) {
        return transaction.exec_params(acquire_lease, stored::text(lease.job), stored::text(lease.family),
                                       stored::text(holder_text), lifetime.count());
    });
    if (rows.empty()) {
        return std::nullopt;
    }
    lease.token = rows[0][0].as<std::int64_t>();
    return lease;
}

bool PostgresLeaseStore::renew(const Lease& lease, std::chrono::milliseconds lifetime) {
    return pool_.transact([&](pqxx::work& transaction) {
        return transaction
                   .exec_params(renew_lease, stored::text(lease.job), stored::text(lease.family), lease.token,
                                lifetime.count())
                   .affected_rows() == 1;
    });
}

void PostgresLeaseStore::release(const Lease& lease) {
    pool_.transact([&](pqxx::work& transaction) {
        transaction.exec_params(release_lease, stored::text(lease.job), stored::text(lease.family), lease.token);
    });
}

void require_lease(pqxx::work& transaction, const Lease& lease, const std::string& settings) {
    const auto found = transaction.exec(
        settings + "SELECT FROM fleet_sync.job_leases WHERE job = " + transaction.quote(stored::text(lease.job)) +
        " AND family = " + transaction.quote(stored::text(lease.family)) +
        " AND token = " + std::to_string(lease.token) + " FOR SHARE");
    if (found.empty()) {
        throw LeaseLost();
    }
}

}  // namespace twinfleet::mirroring
