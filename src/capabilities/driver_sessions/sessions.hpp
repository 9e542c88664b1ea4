#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capabilities/driver_sessions/revocation/position.hpp"
#include "platform/clock/clock.hpp"
#include "platform/errors/outcome.hpp"

/// Which drivers are logged in, and the status that each of them has set (statuses.hpp). A session belongs to one
/// driver in one park, hence to one app family, and a driver has at most one session at a time. Somebody who works in
/// two apps is two drivers in two parks, the parent and the child, and his two sessions are independent.
namespace twinfleet::driver_sessions {

/// A driver in a park: whom a session, a status and positions belong to.
struct DriverKey {
    std::string park_id;
    std::string driver_id;
    bool operator==(const DriverKey&) const = default;
};

/// Stands for a driver in the names of Redis keys, whatever characters his ids hold: 32 lower-case hex digits, the
/// first half of the SHA-256 of both ids and their lengths. A key has the tag in braces, which makes it the hash tag of
/// a Redis Cluster: all keys of one driver are in one slot.
[[nodiscard]] std::string redis_tag(const DriverKey& driver);

/// A session that has begun and not ended.
struct Session {
    DriverKey driver;
    std::string family;
    platform::Time created_at;
    /// The SHA-256 of the token, 64 hex digits: tells one session from another without revealing the token.
    std::string token_sha256 = {};
};

/// A log-in that is under way, or that a session begins with.
struct LogIn {
    /// Whose owner has shown that he has it, in E.164. Only a keyed digest of it is stored with the session.
    std::string phone;
    /// What Sessions::now() was when the log-in began.
    Position since = {};
};

/// Whose sessions are to end (contract, "driver-protocol": `POST /v1/internal/sessions/revoke`).
struct RevocationTarget {
    enum class Kind : std::uint8_t {
        /// The driver of this id, in whatever park; his child or parent is another driver.
        driver,
        /// All drivers of the park of this id; its child or parent is another park.
        park,
        /// All sessions that were begun with this phone, in E.164, and all sessions of drivers in whose profile it is.
        phone,
        /// All drivers of the app family of this name.
        family,
    } kind;
    std::string id;
};

/// Why a token does not let a request in. The names are codes of the contract, section 4.
enum class SessionRefusal : std::uint8_t {
    /// No token was sent, or a text that does not have the form of a token.
    unauthorized,
    /// The session expired, was ended, or was replaced by a newer one; or the driver or his park has not worked all the
    /// time since it began; or the phone that it was begun with is not in his profile any more.
    session_ended,
    /// The session is a good one, but the calling app is that of another family.
    wrong_app,
    /// Whether the driver still works cannot be known just now (Standing::unknown).
    unavailable,
};

/// How long a session lives. The figures are those of the contract, section 4. That there are both limits, and that a
/// token is 256 random bits of which only a digest is stored, follows OWASP ASVS 5.0, chapter 7, and NIST SP 800-63B-4,
/// section 5.
struct SessionSettings {
    /// From the log-in on, however much the session is used.
    std::chrono::seconds absolute_lifetime = std::chrono::days(30);
    /// From the last request on.
    std::chrono::seconds idle_lifetime = std::chrono::days(14);
};

/// A token that an app showed, whatever that is, and the family of the app.
struct ShownToken {
    std::string_view token;
    std::string_view family;
};
/// The session that a token stands for, or why it is refused.
using FoundSession = std::variant<Session, SessionRefusal>;

/// The sessions of all drivers. This is an interface, so that logging in and taking positions can be tested without
/// Redis. Every function throws platform::StoreUnavailable while the store is away; nobody may be let in then. Safe to
/// use from any thread.
class Sessions {
public:
    Sessions() = default;
    Sessions(const Sessions&) = delete;
    Sessions& operator=(const Sessions&) = delete;
    virtual ~Sessions() = default;

    /// Begins a session of `driver` in the app of `family` and returns its token, 96 hex digits. An earlier session of
    /// the driver ends, and his status becomes `offline`. nullopt when the log-in was revoked after it began, by its
    /// driver, park, phone or family.
    [[nodiscard]] virtual std::optional<std::string> begin(const DriverKey& driver, std::string_view family,
                                                           const LogIn& log_in) = 0;
    /// The session that `token` stands for, or why it is refused. `token` is what the app sent, whatever that is;
    /// `family` is the calling app's.
    [[nodiscard]] virtual FoundSession find(std::string_view token, std::string_view family) = 0;
    /// As find(), for the tokens of many requests, which a store may answer together; one by one where it is not said
    /// otherwise. In the order of `tokens`. Does not throw while the store is away: the outcomes say so.
    [[nodiscard]] virtual std::vector<platform::Outcome<FoundSession>> find_each(std::span<const ShownToken> tokens);
    /// Logs the driver out: the session ends and his status becomes `offline`; his track stays. It is not an error if
    /// there is no such session any more.
    virtual void end(std::string_view token) = 0;

    /// The place in the record of revocations that is reached now. A revocation that is made after this call is later.
    [[nodiscard]] virtual Position now() = 0;
    /// Whether a log-in in the app of `family` was revoked after it began, by its phone or its family.
    [[nodiscard]] virtual bool is_revoked(const LogIn& log_in, std::string_view family) = 0;
    /// Ends the sessions of `target` that have begun up to now, and its log-ins that are under way. They are over from
    /// then on, on every replica, whether or not anybody uses them. Returns how many sessions were ended. A session
    /// from before this could be counted ends as well, and is not among them.
    virtual std::size_t revoke(const RevocationTarget& target) = 0;
};

}  // namespace twinfleet::driver_sessions
