#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace twinfleet::simulator {

/// What is measured, each by itself. All but `code` are requests; `code` is the time from the answer to `login_start`
/// until the driver has the code.
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
/// In the order of Operation.
inline constexpr std::array<std::string_view, 10> operation_names{
    "login_start", "code",         "login_verify", "login_park", "profile",
    "positions",   "status_write", "status_read",  "track_read", "log_out"};

/// What the service is held to. The first four are about independence: a life in one app must not show in the other.
enum class Check : std::uint8_t {
    /// The profile is that of the driver, park and family of the session, and not that of the driver's other app.
    profile,
    /// The status is the one set last in this app, while that of the other app is a different one.
    status,
    /// The track is what was sent in this app.
    track,
    /// The session and the status of this app outlive the end of a session, or a new one, in the other app.
    log_out,
    /// Exactly the positions that are bad on purpose were rejected, and for the right reasons.
    rejections,
    /// A session that was logged out, or replaced by another one in the same app, does not let in any more.
    ended_session,
    /// After a log-out the status is `offline`.
    offline_after_log_out,
    /// A wrong code is refused, and after it the right one is good.
    wrong_code,
};
/// In the order of Check.
inline constexpr std::array<std::string_view, 8> check_names{
    "profile", "status", "track", "log_out", "rejections", "ended_session", "offline_after_log_out", "wrong_code"};
/// How many of the checks, from the first on, are about independence.
inline constexpr std::size_t independence_checks = 4;

/// The place of an operation or check in the arrays that have one element for each.
template <typename Enumeration>
[[nodiscard]] constexpr std::size_t index_of(Enumeration value) noexcept {
    return static_cast<std::size_t>(value);
}

}  // namespace twinfleet::simulator
