#include "capabilities/driver_positions/nearby/nearby.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "capabilities/driver_sessions/standing.hpp"

namespace twinfleet::driver_positions {
namespace {

/// More than were asked for, as some will be left out.
constexpr std::size_t candidates_per_driver = 2;
constexpr std::size_t candidates_min = 32;
/// How much further each further look goes.
constexpr std::size_t further = 4;

struct Match {
    LatestPosition position;
    driver_sessions::DriverState state;
};

}  // namespace

NearbyDrivers::NearbyDrivers(PositionStore& store, driver_sessions::Statuses& statuses,
                             const driver_cache::FleetDirectory& fleet, const PositionSettings& settings)
    : store_(store), statuses_(statuses), fleet_(fleet), settings_(settings) {}

bool NearbyDrivers::works(const driver_sessions::DriverKey& driver) const {
    using driver_sessions::Standing;
    switch (driver_sessions::standing_of(driver, fleet_)) {
        case Standing::works:
            return true;
        case Standing::unknown:
        case Standing::driver_missing:
        case Standing::park_missing:
        case Standing::parent_missing:
        case Standing::parent_park_missing:
            return fleet_.is_stale();
        default:
            return false;
    }
}

std::vector<NearbyDriver> NearbyDrivers::find(const NearbyQuery& query, platform::Time now) {
    const auto oldest_ms =
        std::chrono::ceil<std::chrono::milliseconds>(now - settings_.latest_age_max).time_since_epoch().count();
    std::vector<Match> matches;
    std::unordered_set<std::string> looked_at;
    for (std::size_t count = std::max(query.limit * candidates_per_driver, candidates_min);; count *= further) {
        count = std::min(count, settings_.nearby_candidates_max);
        auto found = store_.search(query.family, query.circle, count);
        const bool is_all = found.size() < count || count == settings_.nearby_candidates_max;
        std::erase_if(found, [&](const LatestPosition& position) {
            return position.timestamp_ms < oldest_ms || !looked_at.insert(position.tag).second;
        });
        std::vector<std::string> tags;
        tags.reserve(found.size());
        for (const LatestPosition& position : found) {
            tags.push_back(position.tag);
        }
        auto states = statuses_.states(tags);
        for (std::size_t i = 0; i < found.size(); ++i) {
            auto& state = states.at(i);
            if (state && state->is_logged_in && state->family == query.family &&
                std::ranges::count(query.statuses, state->status) > 0 && works(state->driver)) {
                matches.push_back({.position = std::move(found[i]), .state = *std::move(state)});
            }
        }
        if (is_all || matches.size() >= query.limit) {
            break;
        }
    }
    // Drivers move between two looks.
    std::ranges::sort(matches, [](const Match& left, const Match& right) {
        return std::tie(left.position.distance_m, left.position.tag) <
               std::tie(right.position.distance_m, right.position.tag);
    });
    matches.resize(std::min(matches.size(), query.limit));
    std::vector<NearbyDriver> drivers;
    drivers.reserve(matches.size());
    for (Match& match : matches) {
        drivers.push_back({.driver = std::move(match.state.driver),
                           .point = match.position.point,
                           .timestamp_ms = match.position.timestamp_ms,
                           .distance_m = match.position.distance_m,
                           .status = match.state.status});
    }
    return drivers;
}

}  // namespace twinfleet::driver_positions
