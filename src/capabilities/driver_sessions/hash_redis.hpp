#pragma once

#include <string>
#include <string_view>

#include "platform/redis/client.hpp"

/// Hashes and keys of Redis that sessions and statuses have in common.
namespace twinfleet::driver_sessions {

/// `driver_session:{<tag>}`.
[[nodiscard]] inline std::string session_key(std::string_view tag) {
    return "driver_session:{" + std::string(tag) + '}';
}
/// `driver_state:{<tag>}`.
[[nodiscard]] inline std::string state_key(std::string_view tag) {
    return "driver_state:{" + std::string(tag) + '}';
}

/// The value of a field in the reply to HGETALL; empty when there is none. As long as the reply lives.
[[nodiscard]] inline std::string_view field_of(const redis::Reply& hash, std::string_view name) {
    const auto& items = hash.items();
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        if (items[i].text() == name) {
            return items[i + 1].text();
        }
    }
    return {};
}

}  // namespace twinfleet::driver_sessions
