#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::driver_sessions {

/// A place in the record of revocations (RedisRevocations): the id of an entry of a Redis stream, which is the time of
/// that entry in ms since 1970 by the clock of Redis and a number that tells entries of one millisecond apart. Places
/// are in the order in which the entries were made, whatever the clocks of the replicas say. `{}` is before all of
/// them.
struct Position {
    std::uint64_t ms = 0;
    std::uint64_t sequence = 0;
    auto operator<=>(const Position&) const = default;
};

/// As Redis writes it: `1526919030474-55`.
[[nodiscard]] std::string to_text(const Position& position);
/// What to_text() has written; nullopt for any other text.
[[nodiscard]] std::optional<Position> parse_position(std::string_view text);

}  // namespace twinfleet::driver_sessions
