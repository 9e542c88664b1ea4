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

void LoginSettings::check() const {
    limits.check();
    check_that(domain::is_phone_region(region), "login.region: expected two letters like RU");
    const auto code = message_text.find("{code}");
    check_that(code != std::string::npos && message_text.find("{code}", code + 1) == std::string::npos,
               "login.message_text: expected a text with {code} in it, once");
    check_that(retry_after >= std::chrono::seconds(1), "login.retry_after_s: expected at least 1");
}

}  // namespace twinfleet::driver_login
