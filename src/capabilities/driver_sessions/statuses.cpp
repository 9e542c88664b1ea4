#include "capabilities/driver_sessions/statuses.hpp"

namespace twinfleet::driver_sessions {

std::string_view name_of(DriverStatus status) noexcept {
    switch (status) {
        case DriverStatus::offline:
            return "offline";
        case DriverStatus::busy:
            return "busy";
        case DriverStatus::free:
            return "free";
    }
    return "offline";
}

std::optional<DriverStatus> parse_driver_status(std::string_view text) noexcept {
    for (const auto status : {DriverStatus::offline, DriverStatus::busy, DriverStatus::free}) {
        if (text == name_of(status)) {
            return status;
        }
    }
    return std::nullopt;
}

}  // namespace twinfleet::driver_sessions
