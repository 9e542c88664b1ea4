#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/driver_cache/fleet_directory.hpp"

/// Which parks the owner of a phone may log in to (contract, section 4, "Login"). These are rules over the directory;
/// whether it can be believed (FleetDirectory::is_stale()) is for the caller to ask. Who may work where is judged by
/// driver_sessions/standing.hpp, as it is for sessions. `phone` is in E.164.
namespace twinfleet::driver_login {

/// The ids of the active parent parks in which a driver with this phone is, who is not fired. Without any, nobody could
/// log in with the phone, and no text message goes to it. Who does not work at present is told so after his code.
[[nodiscard]] std::vector<std::string> parks_for_codes(const driver_cache::FleetDirectory& directory,
                                                       std::string_view phone);

/// The parks that are offered in the app of `family`, ordered by name, then by id. For the main family these are the
/// active parent parks in which a driver with this phone is working; for another family, the active children of those
/// parks in that family.
[[nodiscard]] std::vector<driver_cache::Park> offered_parks(const driver_cache::FleetDirectory& directory,
                                                            std::string_view phone, std::string_view family);

/// The parent driver who would log in to a park with this phone. Of two in the same park a working one counts before
/// one who is not, then the newer one.
///
/// nullopt when the park is not one of the family, when it or its parent is not active, or when the parent park has no
/// driver with this phone. A driver who is not working (any more) is returned all the same.
[[nodiscard]] std::optional<driver_cache::Driver> driver_for_park(const driver_cache::FleetDirectory& directory,
                                                                  std::string_view phone, std::string_view family,
                                                                  std::string_view park_id);

/// Whose child is looked for, and where.
struct ChildPlace {
    const driver_cache::Driver& parent;
    /// One of the parent's phones, which the child has as well.
    std::string_view phone;
    /// The child park.
    std::string_view park_id;
};
/// The child that a parent driver has in a child park, working or not, if it is in the directory already; nullopt
/// otherwise. A child whose phone is an older one than the parent's is not found until the mirror has brought it up.
[[nodiscard]] std::optional<driver_cache::Driver> child_of(const driver_cache::FleetDirectory& directory,
                                                           const ChildPlace& place);

}  // namespace twinfleet::driver_login
