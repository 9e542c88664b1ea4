#include "capabilities/driver_cache/fleet_directory.hpp"

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

}  // namespace twinfleet::driver_cache
