#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "capabilities/driver_cache/fleet_directory.hpp"

/// Which parks a phone may log in to (contract, section 4, "Login"). Rules over the directory; whether it can be
/// believed is the caller's question.
namespace twinfleet::driver_login {

/// Whether a driver of a parent park has the phone, working or not: who gets a text message.
[[nodiscard]] bool is_known_phone(const driver_cache::FleetDirectory& directory, std::string_view phone);

/// By name, then id: for the main family the active parent parks in which a driver with this phone is working; for
/// another one the active children, in that family, of those parks.
[[nodiscard]] std::vector<driver_cache::Park> offered_parks(const driver_cache::FleetDirectory& directory,
                                                            std::string_view phone, std::string_view family);

/// Who would log in to a park: the parent driver, of two with this phone the working, then the newer one. nullopt when
/// the park is none of the family, is not active, as its parent may not be, or has no driver with this phone. A driver
/// who is not working (any more) is returned all the same.
[[nodiscard]] std::optional<driver_cache::Driver> driver_for_park(const driver_cache::FleetDirectory& directory,
                                                                  std::string_view phone, std::string_view family,
                                                                  std::string_view park_id);

}  // namespace twinfleet::driver_login
