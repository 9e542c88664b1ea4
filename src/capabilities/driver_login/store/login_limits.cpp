#include "capabilities/driver_login/store/login_limits.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace twinfleet::driver_login {
namespace {

void expect(bool is_right, const std::string& problem) {
    if (!is_right) {
        throw std::invalid_argument(problem);
    }
}

}  // namespace

LoginLimits LoginLimits::in_order() const {
    LoginLimits limits = *this;
    const auto raise = [](std::uint32_t& more, std::uint32_t less) { more = std::max(more, less); };
    raise(limits.strangers_codes_per_hour_max, codes_per_hour_max);
    raise(limits.strangers_codes_per_day_max, codes_per_day_max);
    raise(limits.starts_per_network_max, starts_per_address_max);
    raise(limits.starts_max, limits.starts_per_network_max);
    raise(limits.wrong_guesses_per_network_max, wrong_guesses_per_address_max);
    raise(limits.wrong_guesses_max, limits.wrong_guesses_per_network_max);
    return limits;
}

void LoginLimits::check() const {
    using namespace std::chrono_literals;
    expect(code_ttl >= 1s && code_ttl <= 10min, "login.code_ttl_s: expected 1 to 600");
    expect(failures_max >= 10, "login.failures_max: expected at least 10");
    for (const auto& [name, figure] : {std::pair("attempts_max", attempts_max),
                                       {"codes_per_hour_max", codes_per_hour_max},
                                       {"codes_per_day_max", codes_per_day_max},
                                       {"strangers_codes_per_hour_max", strangers_codes_per_hour_max},
                                       {"strangers_codes_per_day_max", strangers_codes_per_day_max},
                                       {"starts_per_address_max", starts_per_address_max},
                                       {"starts_per_network_max", starts_per_network_max},
                                       {"starts_max", starts_max},
                                       {"wrong_guesses_per_address_max", wrong_guesses_per_address_max},
                                       {"wrong_guesses_per_network_max", wrong_guesses_per_network_max},
                                       {"wrong_guesses_max", wrong_guesses_max}}) {
        expect(figure >= 1, std::string("login.") + name + ": expected at least 1");
    }
    for (const auto& [name, time] : {std::pair("resend_after_s", resend_after),
                                     {"failures_pause_s", failures_pause},
                                     {"device_ttl_s", device_ttl},
                                     {"starts_per_address_window_s", starts_per_address_window},
                                     {"login_token_ttl_s", login_token_ttl}}) {
        expect(time >= 1s, std::string("login.") + name + ": expected at least 1");
    }
    expect(messages.messages_max >= 1 && messages.per_country_max >= 1 && messages.per_park_max >= 1 &&
               messages.window >= 1s,
           "text_messages.budget: expected at least 1");
}

}  // namespace twinfleet::driver_login
