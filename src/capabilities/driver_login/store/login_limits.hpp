#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace twinfleet::driver_login {

/// How many text messages may be sent within a window (MessageQueue counts them, Login refuses to begin what they are
/// against). Each figure counts twice: for known devices, and for all others together.
struct MessageLimits {
    std::uint32_t messages_max = 5'000;
    /// To the numbers of one country calling code.
    std::uint32_t per_country_max = 3'000;
    /// To the drivers of one park.
    std::uint32_t per_park_max = 1'000;
    std::chrono::seconds window{3'600};
};

/// The limits that a LoginStore keeps to; the defaults of those that the contract names are its figures (section 4,
/// "Login").
///
/// What one device does is counted by itself, so that nobody else can use up what the owner of a phone may do. A device
/// is known to a phone when it has logged in to it before: by the token that it was given then, or by its address.
/// Everybody else is a stranger to the phone, and a device of his is the address that he calls from. Far above what one
/// device may do stand ceilings for all strangers of a phone, for an address, and for all phones.
///
/// Guesses. A code can be tried attempts_max times, by the device that asked for it, since nobody else knows its
/// login_id. A guess is right with a probability of 10^-6, or twice that after a resend, as a log-in accepts its own
/// code and the one that was sent before it. As long as the owner does not log in, strangers have failures_max / 2
/// guesses at a phone, and each of at most known_devices_max + known_addresses_max = 5 known devices has
/// failures_max / 10: together failures_max = 100, which NIST SP 800-63B-4, section 3.2.2 allows. A count lapses after
/// a part of failures_pause, namely the part that the count is of its limit. Strangers therefore get 50 guesses at once
/// and 50 in a week from then on, whatever the number of their log-ins and addresses: at most 50 + 8 = 58 on a day, a
/// chance of 0.012 %, and 2,700 in a year, a chance of 0.54 %. Each log-in of the owner allows them another 50.
///
/// At all phones together strangers have wrong_guesses_max = 1,500 guesses in 10 minutes, which is 216,000 a day: while
/// such a flood goes on, it finds the code of some phone every 2 to 5 days, and an alert tells of it within minutes.
struct LoginLimits {
    /// How long a code is good. ASVS 5.0, 6.5.5 and NIST SP 800-63B-4, section 3.1.3.2 allow 10 minutes.
    std::chrono::seconds code_ttl{300};
    /// How soon a device may have another code sent to the same phone in the same app family.
    std::chrono::seconds resend_after{60};
    /// The wrong code of this number ends all codes that the device asked for (ASVS 5.0, 6.6.3).
    std::uint32_t attempts_max = 5;
    /// How many codes one device may have sent to one phone, whatever the family (ASVS 5.0, 6.3.1).
    std::uint32_t codes_per_hour_max = 5;
    std::uint32_t codes_per_day_max = 10;
    /// How many codes all strangers together may have sent to one phone. This keeps costs and annoyance down.
    std::uint32_t strangers_codes_per_hour_max = 30;
    std::uint32_t strangers_codes_per_day_max = 60;
    /// How many wrong codes in a row a phone takes, and how long until a count of strangers that has come to its half
    /// of it lapses.
    std::uint32_t failures_max = 100;
    std::chrono::seconds failures_pause{7 * 24 * 3'600};
    /// How long after its last log-in a device is known to a phone.
    std::chrono::seconds device_ttl{90 * 24 * 3'600};

    /// The window of the six limits below.
    std::chrono::seconds starts_per_address_window{600};
    /// How many log-ins may be started from one address (of IPv6: from one /64), from one network (of IPv6: one /48),
    /// and by all strangers; known devices have as much in total again.
    std::uint32_t starts_per_address_max = 100;
    std::uint32_t starts_per_network_max = 400;
    std::uint32_t starts_max = 3'000;
    /// The same for codes that come back and are wrong.
    std::uint32_t wrong_guesses_per_address_max = 100;
    std::uint32_t wrong_guesses_per_network_max = 400;
    std::uint32_t wrong_guesses_max = 1'500;

    /// How long the token is good that stands between the code and the choice of a park. It is random and has at least
    /// 128 bits (ASVS 5.0, 7.2.3).
    std::chrono::seconds login_token_ttl{600};
    MessageLimits messages;

    /// How many devices of each kind a phone remembers; those that logged in last.
    static constexpr std::size_t known_devices_max = 3;
    static constexpr std::size_t known_addresses_max = 2;

    [[nodiscard]] std::uint32_t strangers_failures_max() const noexcept { return failures_max / 2; }
    [[nodiscard]] std::uint32_t known_failures_max() const noexcept { return failures_max / 10; }

    /// The same with every limit of more at least as high as that of less: of a network as of an address, in total as
    /// of a network, of the strangers of a phone as of one device. Whoever raises one need not know the others. Stores
    /// keep to these.
    [[nodiscard]] LoginLimits in_order() const;
    /// Throws std::invalid_argument for a figure that is 0, for code_ttl over 10 minutes, and for fewer than 10
    /// failures.
    void check() const;
};

}  // namespace twinfleet::driver_login
