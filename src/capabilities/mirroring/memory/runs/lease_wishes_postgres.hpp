#pragma once

#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "capabilities/mirroring/memory/runs/lease_wishes.hpp"
#include "platform/clock/clock.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// Wishes in the table `fleet_sync.lease_wishes`, by the clock of the database. All jobs of a process ask several times
/// a second, so the few rows are read together, at most five times a second. Errors as of postgres::Pool.
class PostgresLeaseWishes final : public LeaseWishes {
public:
    PostgresLeaseWishes(postgres::Pool& pool, const platform::Clock& clock) : pool_(pool), clock_(clock) {}

    void wish(std::string_view job, std::string_view family, std::chrono::milliseconds lifetime) override;
    void withdraw(std::string_view job, std::string_view family) override;
    [[nodiscard]] bool is_wished(std::string_view job, std::string_view family) override;

private:
    using Jobs = std::set<std::pair<std::string, std::string>>;

    postgres::Pool& pool_;
    const platform::Clock& clock_;
    std::mutex mutex_;
    // Guarded by mutex_.
    Jobs wished_;
    /// On the monotonic clock.
    std::chrono::nanoseconds read_again_at_{};
};

}  // namespace twinfleet::mirroring
