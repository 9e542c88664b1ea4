#include "capabilities/driver_cache/fleet_directory.hpp"

#include <utility>

#include "domain/app_family.hpp"

namespace twinfleet::driver_cache {

std::string_view name_of(WorkStatus status) {
    switch (status) {
        case WorkStatus::working:
            return "working";
        case WorkStatus::not_working:
            return "not_working";
        case WorkStatus::fired:
            return "fired";
        case WorkStatus::other:
            break;
    }
    return "other";
}

std::string_view Park::family() const noexcept {
    return fleet_type.empty() ? domain::main_family : std::string_view(fleet_type);
}

std::optional<Profile> profile_of(const FleetDirectory& directory, std::string_view park_id,
                                  std::string_view driver_id) {
    auto driver = directory.driver(driver_id);
    auto park = directory.park(park_id);
    if (!driver || !park) {
        return std::nullopt;
    }
    auto car = driver->car_id.empty() ? std::nullopt : directory.car(driver->car_id);
    return Profile{.driver = *std::move(driver), .park = *std::move(park), .car = std::move(car)};
}

}  // namespace twinfleet::driver_cache
