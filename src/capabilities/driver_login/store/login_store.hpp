#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/clock/clock.hpp"

namespace twinfleet::driver_login {

/// A code that is about to be sent. Every field but the family is a digest or a seal (LoginSecrets), and none is empty:
/// `phone_key` stands for the phone, `login_key` for the login_id, by which the app names this login.
struct NewCode {
    std::string phone_key;
    std::string login_key;
    std::string code_digest;
    std::string sealed_phone;
    std::string family;
};

/// Whether a code was added, or which limit is against it.
struct CodeAdded {
    enum class Outcome : std::uint8_t { added, resend_too_early, too_many_codes } outcome = Outcome::added;
    /// How long until the code would be added; 0 when it was.
    std::chrono::milliseconds retry_after{0};
};

/// A code that came back from an app; the fields are as in NewCode.
struct CodeGuess {
    std::string phone_key;
    std::string login_key;
    std::string code_digest;
    std::string family;
};

/// What a guess was.
enum class GuessOutcome : std::uint8_t {
    right,
    wrong,
    /// Wrong, and the last wrong one that is allowed: all codes of the phone have ended.
    too_many,
    /// The login has no live code, also because there never was such a login.
    expired,
    /// The code belongs to a login in another family's app. The guess is not counted.
    wrong_app,
};

/// What a login token stands for: a phone whose owner gave the right code in the app of a family.
struct LoginToken {
    std::string sealed_phone;
    std::string family;
    bool operator==(const LoginToken&) const = default;
};

/// Remembers logins that are under way, and counts what is limited (LoginLimits). Each call is atomic, however many
/// processes make calls at once: the limits hold under any load. The caller says what time it is, so the clocks of the
/// replicas should be in step; a clock that is behind makes the limits stricter. Every function throws
/// platform::StoreUnavailable while the store is away. Safe to use from any thread.
class LoginStore {
public:
    LoginStore() = default;
    LoginStore(const LoginStore&) = delete;
    LoginStore& operator=(const LoginStore&) = delete;
    virtual ~LoginStore() = default;

    /// Counts the start of a login from an address, of which `address_key` is the digest, and returns 0. When there
    /// have been too many starts from it, this one is not counted, and the result is how long until one will be
    /// allowed.
    [[nodiscard]] virtual std::chrono::milliseconds count_start(const std::string& address_key, platform::Time now) = 0;
    /// Adds a code unless the limits per phone are against it. Codes that were added before stay good.
    [[nodiscard]] virtual CodeAdded add_code(const NewCode& code, platform::Time now) = 0;
    /// The sealed phone of a login whose code may still be live; nullopt when there is no such login.
    [[nodiscard]] virtual std::optional<std::string> phone_of(const std::string& login_key, platform::Time now) = 0;
    /// Judges a guess. The right code ends all codes of the phone in this family. Wrong ones are counted per phone,
    /// whatever the login and the family, until the phone has no live code left.
    [[nodiscard]] virtual GuessOutcome guess(const CodeGuess& guess, platform::Time now) = 0;

    /// Remembers a token for LoginLimits::login_token_ttl.
    virtual void put_token(const std::string& token_key, const LoginToken& token, platform::Time now) = 0;
    /// nullopt when the token is not known, has expired, or was taken.
    [[nodiscard]] virtual std::optional<LoginToken> find_token(const std::string& token_key, platform::Time now) = 0;
    /// Ends a token. Of any number of callers only one is told true, namely that the token was good until then.
    [[nodiscard]] virtual bool take_token(const std::string& token_key, platform::Time now) = 0;
};

}  // namespace twinfleet::driver_login
