#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock/clock.hpp"

namespace twinfleet::driver_login {

/// What a phone knows of the device that calls (LoginLimits).
enum class Acquaintance : std::uint8_t {
    stranger,
    /// Somebody has logged in to the phone from this address. Others may call from it as well.
    known_address,
    /// The device shows the token that it was given when it logged in to the phone.
    known_device,
};

/// By what a phone's limits for one device are counted.
struct Device {
    /// The digest of the device's token, or of its address, together with the phone.
    std::string key;
    Acquaintance acquaintance = Acquaintance::stranger;

    [[nodiscard]] bool is_known() const noexcept { return acquaintance != Acquaintance::stranger; }
    bool operator==(const Device&) const = default;
};

/// What a call shows of its device: digests, each together with the phone.
struct DeviceKeys {
    /// Of its token; empty when it shows none.
    std::string token_key;
    std::string address_key;
};

/// Where a call comes from, whatever the phone: digests of the address and of the network that it belongs to. The first
/// is empty when both are the same, as with IPv4; the limit of an address counts then.
struct Origin {
    std::string address_key;
    std::string network_key;
};

/// The steps of a log-in that are counted by origin and in total.
enum class CountedStep : std::uint8_t { start, guess };

/// Which limit was against something that count() was asked for.
struct Counted {
    enum class Outcome : std::uint8_t { counted, too_many_from_here, too_many_in_total } outcome = Outcome::counted;
    /// How long until it will be allowed; 0 when it was counted.
    std::chrono::milliseconds retry_after{0};
};

/// A code that is about to be sent. Every field but the family is a digest or a seal (LoginSecrets), and none is empty:
/// `phone_key` stands for the phone, `login_key` for the login_id, by which the app names this login. The code's digest
/// must not depend on the login_id: of one device, a log-in accepts the code of the one before it, too.
struct NewCode {
    std::string phone_key;
    std::string login_key;
    std::string code_digest;
    std::string sealed_phone;
    std::string family;
    Device device;
};

/// Whether a code was added, or which limit is against it.
struct CodeAdded {
    enum class Outcome : std::uint8_t {
        added,
        /// These two are about this device.
        resend_too_early,
        too_many_codes,
        /// Strangers have had too many codes sent to this phone, or made too many wrong guesses in a row at it.
        too_many_of_strangers,
    } outcome = Outcome::added;
    /// How long until the code would be added; 0 when it was.
    std::chrono::milliseconds retry_after{0};
};

/// A code that was added, by which it can be given back.
struct CodeReceipt {
    std::string phone_key;
    Device device;
    platform::Time added_at;
};

/// A login that was started, and by whom.
struct StartedLogin {
    std::string phone_key;
    Device device;
    bool operator==(const StartedLogin&) const = default;
};

/// A code that came back from an app; the fields are as in NewCode.
struct CodeGuess {
    StartedLogin login;
    std::string login_key;
    std::string code_digest;
    std::string family;
    /// The key of the token that the app gets if the guess is right.
    std::string token_key;
    /// By what the phone is to know the device if the guess is right.
    DeviceKeys remembered;
};

/// What a guess was.
enum class GuessOutcome : std::uint8_t {
    right,
    wrong,
    /// Wrong, and the last wrong one that the device has: all codes that it asked for have ended.
    too_many,
    /// The login has no live code, also because there never was such a login.
    expired,
    /// The code belongs to a login in another family's app. The guess is not counted.
    wrong_app,
    /// Too many guesses at this phone were wrong in a row. The guess was not looked at.
    too_many_of_strangers,
};

struct Guessed {
    GuessOutcome outcome = GuessOutcome::expired;
    /// Of too_many_of_strangers: how long until a guess will be looked at.
    std::chrono::milliseconds retry_after{0};
    /// Of a right guess, and of too_many: the phone, sealed.
    std::string sealed_phone;
    /// Of a right guess: the token of the same device's earlier right one, which this one replaces; or empty.
    std::string replaced_token_key;
};

/// What a login token stands for: a phone whose owner gave the right code in the app of a family.
struct LoginToken {
    std::string sealed_phone;
    std::string family;
    bool operator==(const LoginToken&) const = default;
};

/// A text message that is about to be sent to a phone, by what its limits are counted.
struct MessageCount {
    /// The country calling code.
    int country = 0;
    bool is_to_known_device = false;
};

enum class MessageCeiling : std::uint8_t { none, all, country, park };

/// Remembers logins that are under way, and counts what is limited (LoginLimits). Each call is atomic, however many
/// processes make calls at once: the limits hold under any load. The caller says what time it is, so the clocks of the
/// replicas should be in step; a clock that is behind makes the limits stricter. Every function throws
/// platform::StoreUnavailable while the store is away. Safe to use from any thread.
class LoginStore {
public:
    LoginStore() = default;
    LoginStore(const LoginStore&) = delete;
    LoginStore& operator=(const LoginStore&) = delete;
    virtual ~LoginStore() = default;

    /// By what the limits of this phone for the calling device are counted.
    [[nodiscard]] virtual Device recognize(const std::string& phone_key, const DeviceKeys& keys,
                                           platform::Time now) = 0;
    /// Counts a step against its origin and in total. The origin of a known_device does not matter, and all known ones
    /// have a total of their own. What is refused is not counted anywhere, and leaves nothing: whoever has more
    /// addresses than the total allows fills no more of the store by them.
    [[nodiscard]] virtual Counted count(CountedStep step, const Origin& origin, Acquaintance acquaintance,
                                        platform::Time now) = 0;
    /// Takes back what count() has just counted: the guess was not wrong.
    virtual void uncount(CountedStep step, const Origin& origin, Acquaintance acquaintance) = 0;
    /// Adds a code unless the limits per phone are against it. Codes that were added before stay good.
    [[nodiscard]] virtual CodeAdded add_code(const NewCode& code, platform::Time now) = 0;
    /// Counts a code no more, because its message did not reach the phone. The code stays good, and resend_after
    /// counts.
    virtual void give_back(const CodeReceipt& code) = 0;
    /// A login whose code may still be live; nullopt when there is no such login.
    [[nodiscard]] virtual std::optional<StartedLogin> find_login(const std::string& login_key, platform::Time now) = 0;
    /// Judges a guess. Right is the code of the login or the one that the same device was sent before it, in the same
    /// family, as long as that one lives, too: messages may be late.
    ///
    /// A right guess ends the login and all of the phone in this family but older ones of the same device. These stay
    /// good until end_logins(), for an app that shows an old login_id after all; it gets a token in place of the first
    /// one then. Wrong guesses are counted per device, until it has no live code left, and per phone, until one is
    /// right.
    [[nodiscard]] virtual Guessed guess(const CodeGuess& guess, platform::Time now) = 0;
    /// Ends all logins of a phone in a family, and the tokens of those that succeeded.
    virtual void end_logins(const std::string& phone_key, const std::string& family) = 0;
    /// Ends all logins of a phone and their tokens, and forgets the devices that the phone knows.
    virtual void forget_phone(const std::string& phone_key) = 0;

    /// How long until a message of this kind may be sent by the limits of its country and in total; 0: now.
    [[nodiscard]] virtual std::chrono::milliseconds message_wait(const MessageCount& message, platform::Time now) = 0;
    /// Counts a message that is about to be sent: by country, in total, and for the first of the parks that has room.
    /// The result is the limit that is against it; what was refused may still have been counted by another limit.
    [[nodiscard]] virtual MessageCeiling count_message(const MessageCount& message,
                                                       const std::vector<std::string>& park_ids,
                                                       platform::Time now) = 0;

    /// Remembers a token for LoginLimits::login_token_ttl.
    virtual void put_token(const std::string& token_key, const LoginToken& token, platform::Time now) = 0;
    /// nullopt when the token is not known, has expired, or was taken.
    [[nodiscard]] virtual std::optional<LoginToken> find_token(const std::string& token_key, platform::Time now) = 0;
    /// Ends a token. Of any number of callers only one is told true, namely that the token was good until then.
    [[nodiscard]] virtual bool take_token(const std::string& token_key, platform::Time now) = 0;
};

}  // namespace twinfleet::driver_login
