#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

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

}  // namespace twinfleet::driver_login
