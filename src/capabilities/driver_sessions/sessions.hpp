#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "platform/clock/clock.hpp"

/// Who is logged in. A session belongs to (park, driver), hence to one app family; there is at most one of each.
namespace twinfleet::driver_sessions {

struct DriverKey {
    std::string park_id;
    std::string driver_id;
    bool operator==(const DriverKey&) const = default;
};

/// 32 hex digits that stand for a DriverKey in names of keys of Redis, whatever the ids hold: the first half of the
/// SHA-256 of the two with their lengths. In braces it is the hash tag of a Redis Cluster, so that all keys of one
/// driver are in one slot.
[[nodiscard]] std::string redis_tag(const DriverKey& driver);

struct Session {
    DriverKey driver;
    std::string family;
    platform::Time created_at;
    /// Tells sessions apart, and nothing of the token: its SHA-256, 64 hex digits.
    std::string token_sha256 = {};
};

enum class SessionRefusal : std::uint8_t {
    /// No bearer token, or none that this service can have made.
    unauthorized,
    /// It has expired, was ended or replaced, or the driver or his park does not work any more.
    session_ended,
    /// A good session, but another family's app.
    wrong_app,
    /// Whether the driver still works cannot be known just now: the cache of drivers is stale.
    unavailable,
};

/// OWASP ASVS 5.0 chapter 7 and NIST SP 800-63B-4 section 5 (256 random bits, stored as a digest, absolute and idle
/// end).
struct SessionSettings {
    std::chrono::seconds absolute_lifetime = std::chrono::days(30);
    std::chrono::seconds idle_lifetime = std::chrono::days(14);
};

/// An interface, so that who logs in or takes positions can be tested without Redis. Throws platform::StoreUnavailable;
/// nobody is let in then. Safe to use from any thread.
class Sessions {
public:
    Sessions() = default;
    Sessions(const Sessions&) = delete;
    Sessions& operator=(const Sessions&) = delete;
    virtual ~Sessions() = default;

    /// Ends the driver's earlier session, sets his status to `offline`, and returns the new session's token: 96 hex
    /// digits.
    [[nodiscard]] virtual std::string begin(const DriverKey& driver, std::string_view family) = 0;
    /// `token` as the app sent it; `family` is the calling app's.
    [[nodiscard]] virtual std::variant<Session, SessionRefusal> find(std::string_view token,
                                                                     std::string_view family) = 0;
    /// Log-out: the session ends, the status becomes `offline`; the track stays. It is not an error if it has ended.
    virtual void end(std::string_view token) = 0;
};

}  // namespace twinfleet::driver_sessions
