#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace twinfleet::driver_login {

/// Why a step of the login is refused (contract, section 4).
enum class LoginRefusal : std::uint8_t {
    // Of start().
    /// The text is not a phone number.
    bad_phone,
    /// A limit that is not about this device alone (LoginLimits): of the address, of the strangers of this phone, or of
    /// all phones. Also of verify().
    too_many_requests,
    /// The last code that this device had sent to this phone and family is younger than LoginLimits::resend_after.
    resend_too_early,
    /// This device has had as many codes sent to this phone as are allowed in an hour or a day.
    too_many_codes,
    /// Too many text messages are waiting to be sent.
    overloaded,
    // Of verify().
    wrong_code,
    /// Also for a login_id that is unknown or used.
    code_expired,
    /// There were too many wrong codes, which has ended all codes that the device asked for.
    too_many_attempts,
    // Of choose_park().
    login_token_expired,
    /// The park is none of those that this phone may log in to.
    not_your_park,
    driver_not_working,
    /// The child driver could not be made now; the token stays good.
    child_not_made,
    // Of several steps.
    /// The code or token belongs to a login in another family's app.
    wrong_app,
    /// The cache of drivers is stale.
    unavailable,
};

/// The name as in the enum, which is the code of the answer and the outcome in metrics.
[[nodiscard]] std::string_view to_string(LoginRefusal refusal) noexcept;

/// A refusal, and when to try again.
struct LoginRefused {
    LoginRefusal refusal;
    /// 0 where waiting does not help.
    std::chrono::milliseconds retry_after{0};
};

}  // namespace twinfleet::driver_login
