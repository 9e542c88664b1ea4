#include "capabilities/driver_sessions/standing.hpp"

namespace twinfleet::driver_sessions {

std::string_view name_of(Standing standing) noexcept {
    switch (standing) {
        case Standing::works:
            return "works";
        case Standing::unknown:
            return "unknown";
        case Standing::driver_not_working:
            return "driver_not_working";
        case Standing::driver_moved:
            return "driver_moved";
        case Standing::driver_missing:
            return "driver_missing";
        case Standing::park_not_active:
            return "park_not_active";
        case Standing::park_missing:
            return "park_missing";
    }
    return "unknown";
}

Standing standing_of(const Session& session, const driver_cache::FleetDirectory& directory) {
    if (directory.is_stale()) {
        return Standing::unknown;
    }
    // Asked first: what is not found below may have come in meanwhile, but was not missed.
    const auto complete_until = directory.complete_until();
    const bool would_be_there = complete_until && *complete_until > session.created_at + clock_skew_max;

    auto driver = directory.driver(session.driver.driver_id);
    if (would_be_there && !driver) {
        if (directory.is_driver_kept_aside(session.driver.driver_id)) {
            return Standing::unknown;
        }
        // It may have become readable between the two questions.
        driver = directory.driver(session.driver.driver_id);
    }
    if (driver && driver->park_id != session.driver.park_id) {
        return Standing::driver_moved;
    }
    if (driver && driver->work_status != driver_cache::WorkStatus::working) {
        return Standing::driver_not_working;
    }
    auto park = directory.park(session.driver.park_id);
    if (would_be_there && !park) {
        if (directory.is_park_kept_aside(session.driver.park_id)) {
            return Standing::unknown;
        }
        park = directory.park(session.driver.park_id);
    }
    if (park && !park->is_active) {
        return Standing::park_not_active;
    }
    if (would_be_there && !driver) {
        return Standing::driver_missing;
    }
    if (would_be_there && !park) {
        return Standing::park_missing;
    }
    return Standing::works;
}

}  // namespace twinfleet::driver_sessions
