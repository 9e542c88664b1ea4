#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace twinfleet::driver_login {

/// Why a step of the login is refused (contract, section 4).
enum class LoginRefusal : std::uint8_t {
    // start
    bad_phone,
    /// Too many starts from one address.
    too_many_requests,
    resend_too_early,
    too_many_codes,
    /// Too many text messages wait.
    overloaded,
    // verify
    wrong_code,
    code_expired,
    too_many_attempts,
    // park
    login_token_expired,
    not_your_park,
    driver_not_working,
    child_not_made,
    // verify and park: another family's app
    wrong_app,
    /// The cache of drivers is stale.
    unavailable,
};

/// The code of answers and the outcome in metrics: the name as it stands here.
[[nodiscard]] std::string_view to_string(LoginRefusal refusal) noexcept;

struct LoginRefused {
    LoginRefusal refusal;
    /// 0 where waiting does not help.
    std::chrono::milliseconds retry_after{0};
};

}  // namespace twinfleet::driver_login
