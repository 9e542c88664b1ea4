#pragma once

#include <cstdint>

namespace twinfleet::testing {

/// A port of 127.0.0.1 that nobody listens on now. Somebody else may take it before it is used.
[[nodiscard]] std::uint16_t free_loopback_port();

}  // namespace twinfleet::testing
