#include "capabilities/driver_login/login_settings.hpp"

#include <stdexcept>

#include "domain/phone.hpp"

namespace twinfleet::driver_login {
namespace {

void check_that(bool is_right, const char* problem) {
    if (!is_right) {
        throw std::invalid_argument(problem);
    }
}

}  // namespace

void LoginLimits::check() const {
    using namespace std::chrono_literals;
    check_that(code_ttl >= 1s && code_ttl <= 10min, "login.code_ttl_s: expected 1 to 600");
    check_that(resend_after >= 1s, "login.resend_after_s: expected at least 1");
    check_that(attempts_max >= 1, "login.attempts_max: expected at least 1");
    check_that(codes_per_hour_max >= 1, "login.codes_per_hour_max: expected at least 1");
    check_that(codes_per_day_max >= 1, "login.codes_per_day_max: expected at least 1");
    check_that(starts_per_address_max >= 1, "login.starts_per_address_max: expected at least 1");
    check_that(starts_per_address_window >= 1s, "login.starts_per_address_window_s: expected at least 1");
    check_that(login_token_ttl >= 1s, "login.login_token_ttl_s: expected at least 1");
}

void LoginSettings::check() const {
    limits.check();
    check_that(domain::is_phone_region(region), "login.region: expected two letters like RU");
    const auto code = message_text.find("{code}");
    check_that(code != std::string::npos && message_text.find("{code}", code + 1) == std::string::npos,
               "login.message_text: expected a text with {code} in it, once");
    check_that(retry_after >= std::chrono::seconds(1), "login.retry_after_s: expected at least 1");
}

}  // namespace twinfleet::driver_login
