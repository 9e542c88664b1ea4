#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace twinfleet::driver_login {

/// Digits of a code, which is what OWASP ASVS 5.0, 6.5.4 takes for sufficient and NIST SP 800-63B-4, section 3.1.3.2
/// asks for at least; both with a limit on guesses.
inline constexpr std::size_t code_length = 6;

/// The figures of the contract, section 4, "Login".
///
/// What they mean for somebody who guesses: of one phone at most attempts_max codes can be tried for each code that is
/// sent, so in a day at most attempts_max * codes_per_day_max in 10^6, whatever the number of login_ids, connections
/// and addresses. NIST SP 800-63B-4, section 3.2.2 allows 100 consecutive failures of an account.
struct LoginLimits {
    /// ASVS 5.0, 6.5.5 and NIST SP 800-63B-4, section 3.1.3.2 allow 10 minutes.
    std::chrono::seconds code_ttl{300};
    /// Per phone and family.
    std::chrono::seconds resend_after{60};
    /// The wrong code of this number ends all codes of the phone (ASVS 5.0, 6.6.3).
    std::uint32_t attempts_max = 5;
    /// Per phone, whatever the family; against bills and annoyance as well (ASVS 5.0, 6.3.1).
    std::uint32_t codes_per_hour_max = 5;
    std::uint32_t codes_per_day_max = 10;
    /// Per address (of IPv6 per /64).
    std::uint32_t starts_per_address_max = 100;
    std::chrono::seconds starts_per_address_window{600};
    /// What stands between the code and the choice of a park (ASVS 5.0, 7.2.3: random, at least 128 bits).
    std::chrono::seconds login_token_ttl{600};

    /// Throws std::invalid_argument for a figure that is 0, or code_ttl over 10 minutes.
    void check() const;
};

struct LoginSettings {
    LoginLimits limits;
    /// Where phones without a `+` are from (ISO 3166-1).
    std::string region = "RU";
    /// `{code}` stands for the code, once.
    std::string message_text = "{code} is your code to log in. Do not tell it to anybody.";
    /// What the app is told to wait when a child driver could not be made now, or a store is away.
    std::chrono::seconds retry_after{2};

    /// Throws std::invalid_argument that names the setting.
    void check() const;
};

}  // namespace twinfleet::driver_login
