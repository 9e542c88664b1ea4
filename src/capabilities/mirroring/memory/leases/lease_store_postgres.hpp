#pragma once

#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// Leases in `fleet_sync.job_leases`, by the clock of the database. A lease that has lapsed stays good until somebody
/// takes it over; one that was given back does not.
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

/// Throws LeaseLost unless the lease is the current one, and keeps it so until the transaction ends: whoever takes it
/// over waits for that. `settings` is SQL that is sent along, in the same round trip: "SET LOCAL ...;".
void require_lease(postgres::Transaction& transaction, const Lease& lease, const std::string& settings = {});

}  // namespace twinfleet::mirroring
