#pragma once

#include <string>
#include <utility>

#include "capabilities/driver_cache/testing/fake_fleet_directory.hpp"

/// A small fleet for tests: `put_*` into a FakeFleetDirectory.
namespace twinfleet::driver_login::testing {

inline void put_park(driver_cache::testing::FakeFleetDirectory& directory, const std::string& id) {
    driver_cache::Park park;
    park.id = id;
    park.name = "Park " + id;
    park.city_id = "Chicago";
    park.is_active = true;
    directory.put(park);
}

inline void put_child_park(driver_cache::testing::FakeFleetDirectory& directory, const std::string& id,
                           const std::string& parent, const std::string& family = "vezet") {
    driver_cache::Park park;
    park.id = id;
    park.name = "Park " + parent;
    park.city_id = "Chicago";
    park.is_active = true;
    park.fleet_type = family;
    park.parent_park_id = parent;
    directory.put(park);
}

inline driver_cache::Driver make_driver(std::string id, std::string park, std::string phone) {
    driver_cache::Driver driver;
    driver.id = std::move(id);
    driver.park_id = std::move(park);
    driver.phones = {std::move(phone)};
    driver.work_status = driver_cache::WorkStatus::working;
    driver.created_at_ms = 1;
    return driver;
}

}  // namespace twinfleet::driver_login::testing
