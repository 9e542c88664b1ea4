#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/clock/clock.hpp"

namespace twinfleet::driver_login {

/// A code that goes out. All but the family are digests or seals (LoginSecrets); none is empty.
struct NewCode {
    std::string phone_key;
    std::string login_key;
    std::string code_digest;
    std::string sealed_phone;
    std::string family;
};

struct CodeAdded {
    enum class Outcome : std::uint8_t { added, resend_too_early, too_many_codes } outcome = Outcome::added;
    /// Until it would be added; 0 when it was.
    std::chrono::milliseconds retry_after{0};
};

struct CodeGuess {
    std::string phone_key;
    std::string login_key;
    std::string code_digest;
    std::string family;
};

enum class GuessOutcome : std::uint8_t {
    right,
    wrong,
    /// Wrong as often as is allowed: all codes of the phone have ended.
    too_many,
    /// Also for a login that never was.
    expired,
    /// The code belongs to a login of another family; the guess does not count.
    wrong_app,
};

struct LoginToken {
    std::string sealed_phone;
    std::string family;
    bool operator==(const LoginToken&) const = default;
};

/// The memory of logins under way. Each call is atomic, however many processes make it at once: limits hold under any
/// load. Times are the caller's, so clocks of the replicas should be in step; a clock that is behind makes limits
/// stricter. Throws platform::StoreUnavailable. Safe to use from any thread.
class LoginStore {
public:
    LoginStore() = default;
    LoginStore(const LoginStore&) = delete;
    LoginStore& operator=(const LoginStore&) = delete;
    virtual ~LoginStore() = default;

    /// One start from an address. 0, or how long until it will be allowed; then it was not counted.
    [[nodiscard]] virtual std::chrono::milliseconds count_start(const std::string& address_key, platform::Time now) = 0;
    /// Within the limits per phone. What was added before stays good.
    [[nodiscard]] virtual CodeAdded add_code(const NewCode& code, platform::Time now) = 0;
    /// The sealed phone of a login whose code may be live; nullopt for none.
    [[nodiscard]] virtual std::optional<std::string> phone_of(const std::string& login_key, platform::Time now) = 0;
    /// The right code ends all codes of the phone in this family. Wrong ones are counted per phone, until a right one
    /// or until the phone has no live code.
    [[nodiscard]] virtual GuessOutcome guess(const CodeGuess& guess, platform::Time now) = 0;

    virtual void put_token(const std::string& token_key, const LoginToken& token, platform::Time now) = 0;
    [[nodiscard]] virtual std::optional<LoginToken> find_token(const std::string& token_key, platform::Time now) = 0;
    /// Of any number of callers one is told true; the token has ended then.
    [[nodiscard]] virtual bool take_token(const std::string& token_key, platform::Time now) = 0;
};

}  // namespace twinfleet::driver_login
