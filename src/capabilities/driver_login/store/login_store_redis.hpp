#pragma once

#include "capabilities/driver_login/store/login_limits.hpp"
#include "capabilities/driver_login/store/login_store.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_login {

/// Keys, all of which expire by themselves. No phone, code or token is in a key or value, nor in an argument, which
/// Redis may write to its slow log.
///
/// - `login_codes:{<phone key>}` HASH: `code:<login key>` = `<expires at, ms>:<code digest>:<family>`,
///   `sent:<family>` = when the last one was, ms; `wrong` = wrong guesses
/// - `login_sent:{<phone key>}` LIST: when codes were sent, ms, the newest first
/// - `login_id:{<login key>}` = `<expires at, ms>:<sealed phone>`
/// - `login_starts:{<address key>}` LIST: when logins were started, ms, the newest first
/// - `login_token:{<token key>}` = `<expires at, ms>:<sealed phone>:<family>`
class RedisLoginStore final : public LoginStore {
public:
    /// `pool` must outlive this.
    RedisLoginStore(const redis::Pool& pool, const LoginLimits& limits) : pool_(pool), limits_(limits) {}

    [[nodiscard]] std::chrono::milliseconds count_start(const std::string& address_key, platform::Time now) override;
    [[nodiscard]] CodeAdded add_code(const NewCode& code, platform::Time now) override;
    [[nodiscard]] std::optional<std::string> phone_of(const std::string& login_key, platform::Time now) override;
    [[nodiscard]] GuessOutcome guess(const CodeGuess& guess, platform::Time now) override;
    void put_token(const std::string& token_key, const LoginToken& token, platform::Time now) override;
    [[nodiscard]] std::optional<LoginToken> find_token(const std::string& token_key, platform::Time now) override;
    [[nodiscard]] bool take_token(const std::string& token_key, platform::Time now) override;

private:
    const redis::Pool& pool_;
    const LoginLimits limits_;
};

}  // namespace twinfleet::driver_login
