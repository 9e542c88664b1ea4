#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_positions/settings.hpp"
#include "capabilities/driver_positions/store/position_store.hpp"
#include "capabilities/driver_sessions/statuses.hpp"

namespace twinfleet::driver_positions {

struct NearbyQuery {
    std::string family;
    Circle circle;
    std::size_t limit = 0;
    /// Of these, whichever.
    std::vector<driver_sessions::DriverStatus> statuses;
};

struct NearbyDriver {
    driver_sessions::DriverKey driver;
    GeoPoint point;
    std::int64_t timestamp_ms = 0;
    double distance_m = 0;
    driver_sessions::DriverStatus status = driver_sessions::DriverStatus::offline;
};

/// Who could take an order here: contract, `POST /v1/internal/drivers/nearby`.
class NearbyDrivers {
public:
    /// References must outlive it.
    NearbyDrivers(PositionStore& store, driver_sessions::Statuses& statuses, const driver_cache::FleetDirectory& fleet,
                  const PositionSettings& settings);

    /// Nearest first, of one distance by tag. Left out is whose position is older than latest_age_max, who has another
    /// status, and who does not work. A driver whom the directory does not know yet is left out unless it is stale:
    /// orders should go on while its source is away. Looks further when many are left out, up to nearby_candidates_max.
    /// Throws platform::StoreUnavailable.
    [[nodiscard]] std::vector<NearbyDriver> find(const NearbyQuery& query, platform::Time now);

private:
    [[nodiscard]] bool works(const driver_sessions::DriverKey& driver) const;

    PositionStore& store_;
    driver_sessions::Statuses& statuses_;
    const driver_cache::FleetDirectory& fleet_;
    const PositionSettings settings_;
};

}  // namespace twinfleet::driver_positions
