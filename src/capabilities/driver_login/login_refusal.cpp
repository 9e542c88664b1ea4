#include "capabilities/driver_login/login_refusal.hpp"

namespace twinfleet::driver_login {

std::string_view to_string(LoginRefusal refusal) noexcept {
    switch (refusal) {
        case LoginRefusal::bad_phone:
            return "bad_phone";
        case LoginRefusal::too_many_requests:
            return "too_many_requests";
        case LoginRefusal::resend_too_early:
            return "resend_too_early";
        case LoginRefusal::too_many_codes:
            return "too_many_codes";
        case LoginRefusal::overloaded:
            return "overloaded";
        case LoginRefusal::wrong_code:
            return "wrong_code";
        case LoginRefusal::code_expired:
            return "code_expired";
        case LoginRefusal::too_many_attempts:
            return "too_many_attempts";
        case LoginRefusal::login_token_expired:
            return "login_token_expired";
        case LoginRefusal::not_your_park:
            return "not_your_park";
        case LoginRefusal::driver_not_working:
            return "driver_not_working";
        case LoginRefusal::child_not_made:
            return "child_not_made";
        case LoginRefusal::wrong_app:
            return "wrong_app";
        case LoginRefusal::unavailable:
            return "unavailable";
    }
    return "unavailable";
}

}  // namespace twinfleet::driver_login
