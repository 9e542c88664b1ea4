#pragma once

#include <string>
#include <string_view>

namespace twinfleet::domain {

/// An app family other than the main one, as configured. Its name is the `fleet_type` of its parks.
struct AppFamily {
    std::string name;
    bool operator==(const AppFamily&) const = default;
};

/// The name of the main family, to which the parent parks belong (design, "Words").
inline constexpr std::string_view main_family = "taximeter";

}  // namespace twinfleet::domain
