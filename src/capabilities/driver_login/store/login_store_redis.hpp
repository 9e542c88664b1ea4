#pragma once

#include "capabilities/driver_login/store/login_limits.hpp"
#include "capabilities/driver_login/store/login_store.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_login {

/// Logins in Redis, under the keys below, all of which expire by themselves. No phone, code or token is in a key or
/// value, nor in an argument, because Redis may write arguments to its slow log. Times are in ms since 1970.
///
/// - `login_codes:{<phone key>}`: HASH. `code:<login key>` = `<expires at>:<code digest>:<family>`; `sent:<family>` =
///   when the last code for this family was sent; `wrong` = how many wrong guesses there were
/// - `login_sent:{<phone key>}`: LIST of when codes were sent, the newest first
/// - `login_id:{<login key>}` = `<expires at>:<sealed phone>`
/// - `login_starts:{<address key>}`: LIST of when logins were started, the newest first
/// - `login_token:{<token key>}` = `<expires at>:<sealed phone>:<family>`
class RedisLoginStore final : public LoginStore {
public:
    /// `pool` must outlive this object.
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
