#pragma once

#include <functional>
#include <string>
#include <string_view>

/// What the entries of the record of revocations (RedisRevocations) are about. A subject is a text, `<kind>:<id>`; ids
/// may hold any bytes.
namespace twinfleet::driver_sessions {

/// Turns a phone in E.164 into what is stored of it: a keyed digest, from which nobody without the key can find the
/// phone. Every replica that has the same key gets the same digest. The digest begins with something that tells keys
/// apart, so that digests made with another key are known as such (is_same_key()).
using PhoneDigest = std::function<std::string(std::string_view phone)>;

/// Whether two digests were made with the same key: whether their first phone_key_digits digits are equal.
[[nodiscard]] bool is_same_key(std::string_view digest, std::string_view other_digest) noexcept;
inline constexpr std::size_t phone_key_digits = 8;

// What somebody asked to end (contract, "driver-protocol": `POST /v1/internal/sessions/revoke`). Each means exactly the
// sessions of this driver, or in this park, and not those of its children.

[[nodiscard]] std::string driver_subject(std::string_view driver_id);
[[nodiscard]] std::string park_subject(std::string_view park_id);
/// The sessions that were begun with a phone, in whatever profile.
[[nodiscard]] std::string phone_subject(std::string_view phone_digest);
[[nodiscard]] std::string family_subject(std::string_view family);

// What was seen in the fleet. Each means the children as well.

/// A driver did not work for a time, or left his park, or was removed.
[[nodiscard]] std::string driver_stopped_subject(std::string_view driver_id);
/// A park was not active for a time, or was removed.
[[nodiscard]] std::string park_stopped_subject(std::string_view park_id);
/// The phone was taken out of the driver's profile.
[[nodiscard]] std::string phone_removed_subject(std::string_view driver_id, std::string_view phone_digest);

}  // namespace twinfleet::driver_sessions
