#include "capabilities/driver_login/parks/offered_parks.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "domain/app_family.hpp"

namespace twinfleet::driver_login {
namespace {

using driver_cache::Driver;
using driver_cache::FleetDirectory;
using driver_cache::Park;
using driver_cache::WorkStatus;

bool is_parent(const Driver& driver) {
    return driver.parent_driver_id.empty();
}

bool is_parent(const Park& park) {
    return park.fleet_type.empty() && park.parent_park_id.empty();
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

std::optional<Park> active_parent_park(const FleetDirectory& directory, std::string_view park_id) {
    auto park = directory.park(park_id);
    return park && park->is_active && is_parent(*park) ? park : std::nullopt;
}

bool is_active_child(const Park& park, std::string_view family) {
    return park.is_active && park.fleet_type == family && !park.parent_park_id.empty();
}

}  // namespace

std::vector<std::string> parks_for_codes(const FleetDirectory& directory, std::string_view phone) {
    std::vector<std::string> ids;
    for (const auto& [park_id, driver] : parent_drivers(directory, phone)) {
        if (driver.work_status != WorkStatus::fired && active_parent_park(directory, park_id)) {
            ids.push_back(park_id);
        }
    }
    return ids;
}

std::vector<Park> offered_parks(const FleetDirectory& directory, std::string_view phone, std::string_view family) {
    std::vector<Park> offered;
    for (const auto& [park_id, driver] : parent_drivers(directory, phone)) {
        auto park = active_parent_park(directory, park_id);
        if (!park || driver.work_status != WorkStatus::working) {
            continue;
        }
        if (family == domain::main_family) {
            offered.push_back(*std::move(park));
            continue;
        }
        for (Park& child : directory.child_parks(park_id)) {
            if (is_active_child(child, family)) {
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
    std::string parent_park_id(park_id);
    if (family != domain::main_family) {
        const auto child = directory.park(park_id);
        if (!child || !is_active_child(*child, family)) {
            return std::nullopt;
        }
        parent_park_id = child->parent_park_id;
    }
    auto drivers = parent_drivers(directory, phone);
    const auto found = drivers.find(parent_park_id);
    if (found == drivers.end() || !active_parent_park(directory, parent_park_id)) {
        return std::nullopt;
    }
    return std::move(found->second);
}

}  // namespace twinfleet::driver_login
