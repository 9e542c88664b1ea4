#pragma once

#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// Leases in the table `fleet_sync.job_leases`, by the clock of the database. A lease that has lapsed stays good until
/// somebody takes it over; a lease that was given back does not. Errors as of postgres::Pool.
class PostgresLeaseStore final : public LeaseStore {
public:
    explicit PostgresLeaseStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::optional<Lease> acquire(std::string_view job, std::string_view family, std::string_view holder,
                                               std::chrono::milliseconds lifetime) override;
    [[nodiscard]] bool renew(const Lease& lease, std::chrono::milliseconds lifetime) override;
    void release(const Lease& lease) override;

private:
    postgres::Pool& pool_;
};

/// Throws LeaseLost unless `lease` is the current one, and keeps it the current one until the transaction ends: a
/// process that wants to take it over has to wait until then. `settings` is SQL such as "SET LOCAL ...;", which is sent
/// in the same round trip.
void require_lease(postgres::Transaction& transaction, const Lease& lease, const std::string& settings = {});

}  // namespace twinfleet::mirroring
