#pragma once

#include "capabilities/mirroring/overview/overview.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// The state of the mirror as the tables of schema `fleet_sync` tell it, by the clock of the database. Errors as of
/// postgres::Pool.
class PostgresOverview final : public Overview {
public:
    explicit PostgresOverview(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::vector<JobState> jobs() override;
    [[nodiscard]] ParkState park(const domain::ParentParkId& id) override;
    [[nodiscard]] Time now() override;

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::mirroring
