#pragma once

#include <string>
#include <string_view>

#include "platform/redis/client.hpp"

/// The names of the Redis keys of sessions and statuses, and how their hashes are read.
namespace twinfleet::driver_sessions {

/// The key of a driver's session, `driver_session:{<tag>}`; `tag` is his redis_tag().
[[nodiscard]] inline std::string session_key(std::string_view tag) {
    return "driver_session:{" + std::string(tag) + '}';
}
/// The key of a driver's status, `driver_state:{<tag>}`; `tag` is his redis_tag().
[[nodiscard]] inline std::string state_key(std::string_view tag) {
    return "driver_state:{" + std::string(tag) + '}';
}

/// The value of the field `name` in a reply to HGETALL; empty when the hash has no such field. Valid as long as `hash`.
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
