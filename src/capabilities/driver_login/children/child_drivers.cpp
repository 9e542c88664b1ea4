#include "capabilities/driver_login/children/child_drivers.hpp"

namespace twinfleet::driver_login {

bool is_profile_ready(const driver_cache::FleetDirectory& directory, std::string_view park_id,
                      std::string_view driver_id) {
    const auto profile = driver_cache::profile_of(directory, park_id, driver_id);
    return profile && profile->driver.work_status == driver_cache::WorkStatus::working &&
           profile->driver.park_id == park_id && profile->is_whole();
}

}  // namespace twinfleet::driver_login
