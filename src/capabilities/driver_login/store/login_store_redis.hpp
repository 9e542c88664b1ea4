#pragma once

#include "capabilities/driver_login/store/login_limits.hpp"
#include "capabilities/driver_login/store/login_store.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_login {

/// Logins in Redis, under the keys below, all of which expire by themselves. No phone, code or token is in a key or
/// value, nor in an argument, because Redis may write arguments to its slow log. Times are in ms since 1970. Keys with
/// the same text in braces are in one slot of a cluster.
///
/// - `login_codes:{<phone key>}`: HASH of what lives for minutes. `code:<login key>` = `<expires at>:<code
/// digest>:<device
///   key>:<family>`; `sent:<device key>:<family>` = when the last code was sent; `wrong:<device key>` = how many wrong
///   guesses there were; `phone` = the sealed phone; `token:<device key>:<family>` = the key of the device's last token
/// - `login_sent:{<phone key>}`: HASH, a day. `<known|stranger>:<device key>` = when codes were sent, the newest first
/// - `login_failures:{<phone key>}`: HASH. `strangers` or `<device key>` = `<wrong guesses in a row>:<lapse at>`
/// - `login_devices:{<phone key>}`: HASH. `<token|address>:<key>` = when the device logged in last
/// - `login_id:{<login key>}` = `<expires at>:<acquaintance>:<device key>:<phone key>`
/// - `login_starts:{<network key>}`, `login_starts:{<network key>}:<address key>`, `login_starts_in_total:{<known|
///   stranger>}`: LIST of when logins were started, the newest first; `login_guesses...`: the same of wrong guesses
/// - `login_messages:{<known|stranger>:<all|country:<calling code>|park:<park id>>}`: LIST of when messages were sent
/// - `login_token:{<token key>}` = `<expires at>:<sealed phone>:<family>`
///
/// A start for a phone that nobody has costs about 1.4 kB for code_ttl and 280 bytes for a day, and starts_max bounds
/// how many there are.
class RedisLoginStore final : public LoginStore {
public:
    /// `pool` must outlive this object.
    RedisLoginStore(const redis::Pool& pool, const LoginLimits& limits) : pool_(pool), limits_(limits.in_order()) {}

    [[nodiscard]] Device recognize(const std::string& phone_key, const DeviceKeys& keys, platform::Time now) override;
    [[nodiscard]] Counted count(CountedStep step, const Origin& origin, Acquaintance acquaintance,
                                platform::Time now) override;
    void uncount(CountedStep step, const Origin& origin, Acquaintance acquaintance) override;
    [[nodiscard]] CodeAdded add_code(const NewCode& code, platform::Time now) override;
    void give_back(const CodeReceipt& code) override;
    [[nodiscard]] std::optional<StartedLogin> find_login(const std::string& login_key, platform::Time now) override;
    [[nodiscard]] Guessed guess(const CodeGuess& guess, platform::Time now) override;
    void end_logins(const std::string& phone_key, const std::string& family) override;
    void forget_phone(const std::string& phone_key) override;
    [[nodiscard]] std::chrono::milliseconds message_wait(const MessageCount& message, platform::Time now) override;
    [[nodiscard]] MessageCeiling count_message(const MessageCount& message, const std::vector<std::string>& park_ids,
                                               platform::Time now) override;
    void put_token(const std::string& token_key, const LoginToken& token, platform::Time now) override;
    [[nodiscard]] std::optional<LoginToken> find_token(const std::string& token_key, platform::Time now) override;
    [[nodiscard]] bool take_token(const std::string& token_key, platform::Time now) override;

private:
    void end_tokens(const std::string& phone_key, const std::vector<std::string>& families);

    const redis::Pool& pool_;
    const LoginLimits limits_;
};

}  // namespace twinfleet::driver_login
