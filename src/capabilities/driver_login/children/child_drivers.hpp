#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "capabilities/driver_cache/fleet_directory.hpp"

namespace twinfleet::driver_login {

struct ChildDriver {
    std::string driver_id;
    std::string park_id;
};

enum class ChildRefusal : std::uint8_t {
    /// The parent is gone, or does not work (any more).
    driver_not_working,
    /// For another reason, which may pass: try again.
    not_now,
};

/// Who makes the copy of a driver in a family's park.
class ChildDrivers {
public:
    ChildDrivers() = default;
    ChildDrivers(const ChildDrivers&) = delete;
    ChildDrivers& operator=(const ChildDrivers&) = delete;
    virtual ~ChildDrivers() = default;

    /// The child, made now or before: repeating it is harmless. Safe to use from any thread.
    [[nodiscard]] virtual std::variant<ChildDriver, ChildRefusal> make(std::string_view family,
                                                                       std::string_view parent_driver_id) = 0;
};

/// Whether the directory holds the profile of a driver who was just let in, as the driver is now: he works, in this
/// park, and nothing is missing that his profile shows.
[[nodiscard]] bool is_profile_ready(const driver_cache::FleetDirectory& directory, std::string_view park_id,
                                    std::string_view driver_id);

}  // namespace twinfleet::driver_login
