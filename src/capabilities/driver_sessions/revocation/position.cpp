#include "capabilities/driver_sessions/revocation/position.hpp"

#include <charconv>

namespace twinfleet::driver_sessions {

std::string to_text(const Position& position) {
    return std::to_string(position.ms) + '-' + std::to_string(position.sequence);
}

std::optional<Position> parse_position(std::string_view text) {
    Position position;
    const char* const end = text.data() + text.size();
    const auto [hyphen, error] = std::from_chars(text.data(), end, position.ms);
    if (error != std::errc() || hyphen == end || *hyphen != '-') {
        return std::nullopt;
    }
    const auto [last, other_error] = std::from_chars(hyphen + 1, end, position.sequence);
    return other_error == std::errc() && last == end ? std::optional(position) : std::nullopt;
}

}  // namespace twinfleet::driver_sessions
