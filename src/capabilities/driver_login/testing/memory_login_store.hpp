#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "capabilities/driver_login/store/login_limits.hpp"
#include "capabilities/driver_login/store/login_store.hpp"

namespace twinfleet::driver_login::testing {

/// The contract of LoginStore in plain words, for tests of the rules; login_store_contract.hpp holds it to the same
/// tests as the one in Redis.
class MemoryLoginStore final : public LoginStore {
public:
    explicit MemoryLoginStore(const LoginLimits& limits) : limits_(limits) {}

    [[nodiscard]] std::chrono::milliseconds count_start(const std::string& address_key, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        auto& starts = starts_[address_key];
        const Wait wait = until_room(starts, limits_.starts_per_address_max, limits_.starts_per_address_window, now);
        if (wait.count() == 0) {
            starts.push_front(now);
        }
        return wait;
    }

    [[nodiscard]] CodeAdded add_code(const NewCode& code, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        Phone& phone = phones_[code.phone_key];
        const Wait too_many = std::max(until_room(phone.sent, limits_.codes_per_hour_max, std::chrono::hours(1), now),
                                       until_room(phone.sent, limits_.codes_per_day_max, std::chrono::hours(24), now));
        const auto last = phone.last_of_family.find(code.family);
        if (last != phone.last_of_family.end() && last->second + limits_.resend_after > now) {
            const Wait too_early = std::chrono::ceil<Wait>(last->second + limits_.resend_after - now);
            return {CodeAdded::Outcome::resend_too_early, std::max(too_early, too_many)};
        }
        if (too_many.count() > 0) {
            return {CodeAdded::Outcome::too_many_codes, too_many};
        }
        phone.prune(now);
        phone.codes[code.login_key] = {code.code_digest, code.family, now + limits_.code_ttl};
        phone.last_of_family[code.family] = now;
        phone.sent.push_front(now);
        logins_[code.login_key] = {code.sealed_phone, now + limits_.code_ttl};
        return {};
    }

    [[nodiscard]] std::optional<std::string> phone_of(const std::string& login_key, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        const auto found = logins_.find(login_key);
        return found == logins_.end() || found->second.second <= now ? std::nullopt
                                                                     : std::optional(found->second.first);
    }

    [[nodiscard]] GuessOutcome guess(const CodeGuess& guess, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        Phone& phone = phones_[guess.phone_key];
        phone.prune(now);
        const auto found = phone.codes.find(guess.login_key);
        if (found == phone.codes.end()) {
            return GuessOutcome::expired;
        }
        if (found->second.family != guess.family) {
            return GuessOutcome::wrong_app;
        }
        if (found->second.digest == guess.code_digest) {
            std::erase_if(phone.codes, [&](const auto& code) { return code.second.family == guess.family; });
            phone.prune(now);
            return GuessOutcome::right;
        }
        if (++phone.wrong < limits_.attempts_max) {
            return GuessOutcome::wrong;
        }
        phone.codes.clear();
        phone.prune(now);
        return GuessOutcome::too_many;
    }

    void put_token(const std::string& token_key, const LoginToken& token, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        tokens_[token_key] = {token, now + limits_.login_token_ttl};
    }

    [[nodiscard]] std::optional<LoginToken> find_token(const std::string& token_key, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        const auto found = tokens_.find(token_key);
        return found == tokens_.end() || found->second.second <= now ? std::nullopt
                                                                     : std::optional(found->second.first);
    }

    [[nodiscard]] bool take_token(const std::string& token_key, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        const auto found = tokens_.extract(token_key);
        return !found.empty() && found.mapped().second > now;
    }

private:
    using Wait = std::chrono::milliseconds;
    using Times = std::deque<platform::Time>;

    struct Code {
        std::string digest;
        std::string family;
        platform::Time expires_at;
    };
    struct Phone {
        std::map<std::string, Code> codes;
        std::map<std::string, platform::Time> last_of_family;
        Times sent;
        std::uint32_t wrong = 0;

        void prune(platform::Time now) {
            std::erase_if(codes, [&](const auto& code) { return code.second.expires_at <= now; });
            if (codes.empty()) {
                wrong = 0;
            }
        }
    };

    /// Until fewer than `max` of the times, the newest first, are within the window.
    static Wait until_room(const Times& times, std::size_t max, std::chrono::seconds window, platform::Time now) {
        if (times.size() < max || times[max - 1] + window <= now) {
            return Wait(0);
        }
        return std::chrono::ceil<Wait>(times[max - 1] + window - now);
    }

    const LoginLimits limits_;

    std::mutex mutex_;
    // Guarded by mutex_.
    std::map<std::string, Times> starts_;
    std::map<std::string, Phone> phones_;
    std::map<std::string, std::pair<std::string, platform::Time>> logins_;
    std::map<std::string, std::pair<LoginToken, platform::Time>> tokens_;
};

}  // namespace twinfleet::driver_login::testing
