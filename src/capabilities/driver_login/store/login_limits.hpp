#pragma once

#include <chrono>
#include <cstdint>

namespace twinfleet::driver_login {

/// The limits that a LoginStore keeps to; their defaults are the figures of the contract, section 4, "Login".
///
/// For each code that is sent to a phone at most attempts_max codes can be tried. Whoever guesses has therefore at most
/// attempts_max * codes_per_day_max guesses a day, each right with a probability of 10^-6, whatever the number of
/// login_ids, connections and addresses. NIST SP 800-63B-4, section 3.2.2 allows 100 consecutive failures of an
/// account.
struct LoginLimits {
    /// How long a code is good. ASVS 5.0, 6.5.5 and NIST SP 800-63B-4, section 3.1.3.2 allow 10 minutes.
    std::chrono::seconds code_ttl{300};
    /// How soon another code may be sent to the same phone in the same app family.
    std::chrono::seconds resend_after{60};
    /// The wrong code of this number ends all codes of the phone (ASVS 5.0, 6.6.3).
    std::uint32_t attempts_max = 5;
    /// How many codes may be sent to one phone, whatever the family (ASVS 5.0, 6.3.1). This also keeps costs and
    /// annoyance down.
    std::uint32_t codes_per_hour_max = 5;
    std::uint32_t codes_per_day_max = 10;
    /// How many logins may be started from one address (of IPv6: from one /64) in that time.
    std::uint32_t starts_per_address_max = 100;
    std::chrono::seconds starts_per_address_window{600};
    /// How long the token is good that stands between the code and the choice of a park. It is random and has at least
    /// 128 bits (ASVS 5.0, 7.2.3).
    std::chrono::seconds login_token_ttl{600};

    /// Throws std::invalid_argument for a figure that is 0, or code_ttl over 10 minutes.
    void check() const;
};

}  // namespace twinfleet::driver_login
