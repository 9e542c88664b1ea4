#include "capabilities/driver_cache/fleet_directory.hpp"

#include "domain/app_family.hpp"

namespace twinfleet::driver_cache {

std::string_view Park::family() const noexcept {
    return fleet_type.empty() ? domain::main_family : std::string_view(fleet_type);
}

}  // namespace twinfleet::driver_cache
