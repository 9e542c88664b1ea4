#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace twinfleet::simulator {

/// One of the two apps that a driver works in at once.
struct App {
    /// `taximeter`, `vezet`.
    std::string family;
    /// What the family follows from (contract, section 4, driver-protocol).
    std::string user_agent;
};

/// Which of a driver's two apps: 0 or 1.
using Side = std::size_t;
[[nodiscard]] constexpr Side other(Side side) noexcept {
    return 1 - side;
}

using Apps = std::array<App, 2>;

}  // namespace twinfleet::simulator
