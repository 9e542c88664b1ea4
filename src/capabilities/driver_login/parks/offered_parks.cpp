#include "capabilities/driver_login/parks/offered_parks.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "capabilities/driver_sessions/standing.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::driver_login {
namespace {

using driver_cache::Driver;
using driver_cache::FleetDirectory;
using driver_cache::Park;
using driver_cache::WorkStatus;
using driver_sessions::Standing;

bool is_parent(const Driver& driver) {
    return driver.parent_driver_id.empty();
}

bool counts_more(const Driver& one, const Driver& other) {
    const auto rank = [](const Driver& driver) {
        // The id decides at last, so that every replica takes the same one.
        return std::tuple(driver.work_status == WorkStatus::working, driver.created_at_ms, std::string_view(driver.id));
    };
    return rank(one) > rank(other);
}

/// By park, of each the driver that counts. Parks are not looked at.
std::map<std::string, Driver, std::less<>> parent_drivers(const FleetDirectory& directory, std::string_view phone) {
    std::map<std::string, Driver, std::less<>> by_park;
    for (Driver& driver : directory.drivers_by_phone(phone)) {
        if (!is_parent(driver)) {
            continue;
        }
        const auto [known, is_new] = by_park.try_emplace(driver.park_id, driver);
        if (!is_new && counts_more(driver, known->second)) {
            known->second = std::move(driver);
        }
    }
    return by_park;
}

bool is_parent_park(const FleetDirectory& directory, std::string_view park_id) {
    const auto park = directory.park(park_id);
    return park && !park->is_child();
}

/// Whether the owner of a parent profile may work in this park: in the parent's own, or in a child of it.
bool may_work_in(const FleetDirectory& directory, const Park& park) {
    return driver_sessions::standing_of_park(park.id, directory) == Standing::works;
}

}  // namespace

std::vector<std::string> parks_for_codes(const FleetDirectory& directory, std::string_view phone) {
    std::vector<std::string> ids;
    for (const auto& [park_id, driver] : parent_drivers(directory, phone)) {
        const auto park = directory.park(park_id);
        if (driver.work_status != WorkStatus::fired && park && !park->is_child() && park->is_active) {
            ids.push_back(park_id);
        }
    }
    return ids;
}

std::vector<Park> offered_parks(const FleetDirectory& directory, std::string_view phone, std::string_view family) {
    std::vector<Park> offered;
    for (const auto& [park_id, driver] : parent_drivers(directory, phone)) {
        auto park = directory.park(park_id);
        if (!park || park->is_child() ||
            driver_sessions::standing_of({.park_id = park_id, .driver_id = driver.id}, directory) != Standing::works) {
            continue;
        }
        if (family == domain::main_family) {
            offered.push_back(*std::move(park));
            continue;
        }
        for (Park& child : directory.child_parks(park_id)) {
            if (child.fleet_type == family && may_work_in(directory, child)) {
                offered.push_back(std::move(child));
            }
        }
    }
    std::sort(offered.begin(), offered.end(), [](const Park& one, const Park& other) {
        return std::tie(one.name, one.id) < std::tie(other.name, other.id);
    });
    return offered;
}

std::optional<Driver> driver_for_park(const FleetDirectory& directory, std::string_view phone, std::string_view family,
                                      std::string_view park_id) {
    const auto park = directory.park(park_id);
    const bool is_for_parents = family == domain::main_family;
    if (!park || park->family() != family || park->is_child() == is_for_parents || !may_work_in(directory, *park)) {
        return std::nullopt;
    }
    const std::string& parent_park_id = is_for_parents ? park->id : park->parent_park_id;
    auto drivers = parent_drivers(directory, phone);
    const auto found = drivers.find(parent_park_id);
    if (found == drivers.end() || !is_parent_park(directory, parent_park_id)) {
        return std::nullopt;
    }
    return std::move(found->second);
}

std::optional<Driver> child_of(const FleetDirectory& directory, const ChildPlace& place) {
    auto drivers = directory.drivers_by_phone(place.phone);
    const auto found = std::find_if(drivers.begin(), drivers.end(), [&](const Driver& driver) {
        return driver.parent_driver_id == place.parent.id && driver.park_id == place.park_id;
    });
    return found == drivers.end() ? std::nullopt : std::optional(std::move(*found));
}

}  // namespace twinfleet::driver_login
