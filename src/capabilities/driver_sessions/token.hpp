#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "capabilities/driver_sessions/sessions.hpp"

namespace twinfleet::driver_sessions {

/// A session token: the tag of its driver (redis_tag), by which it is looked up, and 256 random bits, both in
/// lower-case hex. Only its SHA-256 is stored: with so many random bits a slow hash would add nothing (NIST SP
/// 800-63B-4, section 5.1).
inline constexpr std::size_t tag_digits = 32;
inline constexpr std::size_t random_digits = 64;

/// From the system's CSPRNG.
[[nodiscard]] std::string make_token(const DriverKey& driver);
/// The tag within a token; nullopt for what no make_token() can have made.
[[nodiscard]] std::optional<std::string_view> tag_of_token(std::string_view token);
/// 64 lower-case hex digits.
[[nodiscard]] std::string sha256_of_token(std::string_view token);
/// Takes the same time wherever two digests differ.
[[nodiscard]] bool is_same_digest(std::string_view left, std::string_view right);

}  // namespace twinfleet::driver_sessions
