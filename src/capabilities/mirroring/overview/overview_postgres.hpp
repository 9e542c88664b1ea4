#pragma once

#include "capabilities/mirroring/overview/overview.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// From schema `fleet_sync`, by the clock of the database.
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
