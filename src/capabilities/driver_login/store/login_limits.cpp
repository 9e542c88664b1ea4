#include "capabilities/driver_login/store/login_limits.hpp"

#include <stdexcept>

namespace twinfleet::driver_login {
namespace {

void expect(bool is_right, const char* problem) {
    if (!is_right) {
        throw std::invalid_argument(problem);
    }
}

}  // namespace

void LoginLimits::check() const {
    using namespace std::chrono_literals;
    expect(code_ttl >= 1s && code_ttl <= 10min, "login.code_ttl_s: expected 1 to 600");
    expect(resend_after >= 1s, "login.resend_after_s: expected at least 1");
    expect(attempts_max >= 1, "login.attempts_max: expected at least 1");
    expect(codes_per_hour_max >= 1, "login.codes_per_hour_max: expected at least 1");
    expect(codes_per_day_max >= 1, "login.codes_per_day_max: expected at least 1");
    expect(starts_per_address_max >= 1, "login.starts_per_address_max: expected at least 1");
    expect(starts_per_address_window >= 1s, "login.starts_per_address_window_s: expected at least 1");
    expect(login_token_ttl >= 1s, "login.login_token_ttl_s: expected at least 1");
}

}  // namespace twinfleet::driver_login
