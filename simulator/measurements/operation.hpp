#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace twinfleet::simulator {

/// What is measured, each by itself. All but `code` are requests; that is the way of a code from the answer to `start`
/// to the driver.
enum class Operation : std::uint8_t {
    login_start,
    code,
    login_verify,
    login_park,
    profile,
    positions,
    status_write,
    status_read,
    track_read,
    log_out
};
inline constexpr std::array<std::string_view, 10> operation_names{
    "login_start", "code",         "login_verify", "login_park", "profile",
    "positions",   "status_write", "status_read",  "track_read", "log_out"};

/// What the service is held to.
enum class Check : std::uint8_t {
    /// The profile is of the driver, park and family that the session was opened for, and not that of his other app.
    profile,
    /// The status is the one set last in this app, at a time when that of the other app is another one.
    status,
    /// The track is what was sent in this app.
    track,
    /// The session and the status of this app outlive a log-out or a new session in the other.
    log_out,
    /// Exactly the positions that are bad on purpose were rejected, for the right reasons.
    rejections,
    /// A session that was logged out, or followed by another one in the same app, has ended.
    ended_session,
    /// A status is `offline` after a log-out.
    offline_after_log_out,
    /// A wrong code is refused, and the right one good after it.
    wrong_code,
};
inline constexpr std::array<std::string_view, 8> check_names{
    "profile", "status", "track", "log_out", "rejections", "ended_session", "offline_after_log_out", "wrong_code"};
/// The first so many are those of independence.
inline constexpr std::size_t independence_checks = 4;

template <typename Enumeration>
[[nodiscard]] constexpr std::size_t index_of(Enumeration value) noexcept {
    return static_cast<std::size_t>(value);
}

}  // namespace twinfleet::simulator
