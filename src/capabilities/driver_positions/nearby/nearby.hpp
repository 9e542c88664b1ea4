#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_positions/settings.hpp"
#include "capabilities/driver_positions/store/position_store.hpp"
#include "capabilities/driver_sessions/statuses.hpp"

namespace twinfleet::driver_positions {

/// Which drivers to look for: those of one family, in a circle, at most `limit` of them.
struct NearbyQuery {
    std::string family;
    Circle circle;
    std::size_t limit = 0;
    /// A driver is found if he has any one of these.
    std::vector<driver_sessions::DriverStatus> statuses;
};

/// A driver who was found, and where he was at `timestamp_ms` (since 1970).
struct NearbyDriver {
    driver_sessions::DriverKey driver;
    GeoPoint point;
    std::int64_t timestamp_ms = 0;
    /// From the centre of the circle.
    double distance_m = 0;
    driver_sessions::DriverStatus status = driver_sessions::DriverStatus::offline;
};

/// Finds drivers who could take an order at a place (contract, section 4, `POST /v1/internal/drivers/nearby`).
class NearbyDrivers {
public:
    /// Everything but `settings` must outlive this object.
    NearbyDrivers(PositionStore& store, driver_sessions::Statuses& statuses, const driver_cache::FleetDirectory& fleet,
                  const PositionSettings& settings);

    /// The drivers who match `query`, nearest first; those at the same distance are ordered by their tags. Left out are
    /// drivers whose position is older than latest_age_max, who have another status, who have no session any more, or
    /// who by the directory may not work in that park (driver_sessions::standing_of(); of a child, its parent and the
    /// parent's park are asked as well). Whom the directory does not hold is left out too, unless the directory is
    /// stale: orders are to go on while MongoDB is away.
    ///
    /// When many are left out, further drivers are looked at, up to nearby_candidates_max. Throws
    /// platform::StoreUnavailable.
    [[nodiscard]] std::vector<NearbyDriver> find(const NearbyQuery& query, platform::Time now);

private:
    [[nodiscard]] bool works(const driver_sessions::DriverKey& driver) const;

    PositionStore& store_;
    driver_sessions::Statuses& statuses_;
    const driver_cache::FleetDirectory& fleet_;
    const PositionSettings settings_;
};

}  // namespace twinfleet::driver_positions
