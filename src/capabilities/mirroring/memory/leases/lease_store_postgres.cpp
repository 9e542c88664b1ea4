#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

// Whoever writes under a lease holds its row FOR KEY SHARE. A renewal goes by it, as it leaves the key alone: a write
// that waits for another process' locks does not cost its own the lease. Whatever moves the token on says FOR UPDATE
// before, and so waits for the write.
//
// clock_timestamp(), as now() is the beginning of the transaction: it may have waited for the row since.
constexpr auto lock_lapsed = R"(
    SELECT FROM fleet_sync.job_leases
    WHERE job = $1 AND family = $2 AND expires_at <= clock_timestamp() FOR UPDATE)";

constexpr auto take_over = R"(
    UPDATE fleet_sync.job_leases SET
        token = token + 1,
        holder = $3,
        acquired_at = clock_timestamp(),
        expires_at = clock_timestamp() + interval '1 millisecond' * $4::bigint
    WHERE job = $1 AND family = $2
    RETURNING token)";

constexpr auto take_first = R"(
    INSERT INTO fleet_sync.job_leases (job, family, token, holder, acquired_at, expires_at)
    VALUES ($1, $2, 1, $3, clock_timestamp(), clock_timestamp() + interval '1 millisecond' * $4::bigint)
    ON CONFLICT DO NOTHING
    RETURNING token)";

constexpr auto renew_lease = R"(
    UPDATE fleet_sync.job_leases SET expires_at = clock_timestamp() + interval '1 millisecond' * $4::bigint
    WHERE job = $1 AND family = $2 AND token = $3)";

constexpr auto lock_held = R"(
    SELECT FROM fleet_sync.job_leases WHERE job = $1 AND family = $2 AND token = $3 FOR UPDATE)";

// The token moves on, so that whoever gave the lease back cannot use it any more.
constexpr auto release_lease = R"(
    UPDATE fleet_sync.job_leases SET token = token + 1, holder = '', expires_at = '-infinity'
    WHERE job = $1 AND family = $2 AND token = $3)";

}  // namespace

std::optional<Lease> PostgresLeaseStore::acquire(std::string_view job, std::string_view family, std::string_view holder,
                                                 std::chrono::milliseconds lifetime) {
    Lease lease{.job = std::string(job), .family = std::string(family)};
    const auto rows = pool_.transact([&](postgres::Transaction& transaction) {
        const bool has_lapsed = !transaction.execute(lock_lapsed, lease.job, lease.family).empty();
        return transaction.execute(has_lapsed ? take_over : take_first, lease.job, lease.family, holder,
                                   lifetime.count());
    });
    if (rows.empty()) {
        return std::nullopt;
    }
    lease.token = rows[0].number<std::int64_t>();
    return lease;
}

bool PostgresLeaseStore::renew(const Lease& lease, std::chrono::milliseconds lifetime) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return transaction.execute(renew_lease, lease.job, lease.family, lease.token, lifetime.count())
                   .affected_rows() == 1;
    });
}

void PostgresLeaseStore::release(const Lease& lease) {
    pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute(lock_held, lease.job, lease.family, lease.token);
        transaction.execute(release_lease, lease.job, lease.family, lease.token);
    });
}

void require_lease(postgres::Transaction& transaction, const Lease& lease, const std::string& settings) {
    const auto found = transaction.execute(
        settings + "SELECT FROM fleet_sync.job_leases WHERE job = " + transaction.quoted(lease.job) + " AND family = " +
        transaction.quoted(lease.family) + " AND token = " + std::to_string(lease.token) + " FOR KEY SHARE");
    if (found.empty()) {
        throw LeaseLost();
    }
}

}  // namespace twinfleet::mirroring
