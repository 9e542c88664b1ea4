#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace twinfleet::simulator {

/// One of the two apps that a driver works in at once.
struct App {
    /// `taximeter`, `vezet`.
    std::string family;
    /// The User-Agent header of the app, from which the service knows the family (contract, section 4,
    /// "driver-protocol").
    std::string user_agent;
};

/// Which of a driver's two apps, 0 or 1: a place in Apps.
using Side = std::size_t;
[[nodiscard]] constexpr Side other(Side side) noexcept {
    return 1 - side;
}

using Apps = std::array<App, 2>;

}  // namespace twinfleet::simulator
