#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "capabilities/driver_sessions/sessions.hpp"

namespace twinfleet::driver_sessions {

/// A session token consists of the tag of its driver (redis_tag()), by which the session is looked up, and 256 random
/// bits, both in lower-case hex digits. Only the SHA-256 of the token is stored: with so many random bits a slow hash
/// would add nothing (NIST SP 800-63B-4, section 5.1).
inline constexpr std::size_t tag_digits = 32;
inline constexpr std::size_t random_digits = 64;

/// A new token for `driver`, its random bits from the system's cryptographic generator.
[[nodiscard]] std::string make_token(const DriverKey& driver);
/// The tag within a token; nullopt for a text that does not have the form of a token.
[[nodiscard]] std::optional<std::string_view> tag_of_token(std::string_view token);
/// The SHA-256 of the token as it was sent, 64 lower-case hex digits.
[[nodiscard]] std::string sha256_of_token(std::string_view token);
/// Whether two digests are equal. How long that takes does not depend on where they differ.
[[nodiscard]] bool is_same_digest(std::string_view left, std::string_view right);

}  // namespace twinfleet::driver_sessions
