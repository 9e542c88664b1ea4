#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "capabilities/driver_login/store/login_limits.hpp"
#include "capabilities/driver_login/store/login_store.hpp"

namespace twinfleet::driver_login::testing {

/// The contract of LoginStore in plain words, for tests of the rules; login_store_contract.hpp holds it to the same
/// tests as the one in Redis.
class MemoryLoginStore final : public LoginStore {
public:
    explicit MemoryLoginStore(const LoginLimits& limits) : limits_(limits.in_order()) {}

    [[nodiscard]] Device recognize(const std::string& phone_key, const DeviceKeys& keys, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        const auto knows = [&](const KnownDevices& known, const std::string& key) {
            const auto found = known.find(key);
            return found != known.end() && found->second + limits_.device_ttl > now;
        };
        const Phone& phone = phones_[phone_key];
        if (!keys.token_key.empty() && knows(phone.known_tokens, keys.token_key)) {
            return {keys.token_key, Acquaintance::known_device};
        }
        return {keys.address_key,
                knows(phone.known_addresses, keys.address_key) ? Acquaintance::known_address : Acquaintance::stranger};
    }

    [[nodiscard]] Counted count(CountedStep step, const Origin& origin, Acquaintance acquaintance,
                                platform::Time now) override {
        const std::lock_guard lock(mutex_);
        const bool is_start = step == CountedStep::start;
        const auto window = limits_.starts_per_address_window;
        Times& total = steps_[{step, total_of(acquaintance)}];
        const Wait wait = until_room(total, is_start ? limits_.starts_max : limits_.wrong_guesses_max, window, now);
        if (wait.count() > 0) {
            return {Counted::Outcome::too_many_in_total, wait};
        }
        Wait from_here(0);
        for (const auto& [list, max] : lists_of(step, origin, acquaintance)) {
            from_here = std::max(from_here, until_room(steps_[{step, list}], max, window, now));
        }
        if (from_here.count() > 0) {
            return {Counted::Outcome::too_many_from_here, from_here};
        }
        for (const auto& [list, max] : lists_of(step, origin, acquaintance)) {
            steps_[{step, list}].insert(now);
        }
        total.insert(now);
        return {};
    }

    void uncount(CountedStep step, const Origin& origin, Acquaintance acquaintance) override {
        const std::lock_guard lock(mutex_);
        const auto take_newest = [&](const std::string& of) {
            auto& times = steps_[{step, of}];
            if (!times.empty()) {
                times.erase(times.begin());
            }
        };
        for (const auto& [list, max] : lists_of(step, origin, acquaintance)) {
            take_newest(list);
        }
        take_newest(total_of(acquaintance));
    }

    [[nodiscard]] CodeAdded add_code(const NewCode& code, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        Phone& phone = phones_[code.phone_key];
        Times& own = phone.sent[{code.device.is_known(), code.device.key}];
        const Wait too_many = until_room(own, limits_.codes_per_hour_max, limits_.codes_per_day_max, now);
        const auto last = phone.last_sent.find({code.device.key, code.family});
        if (last != phone.last_sent.end() && last->second + limits_.resend_after > now) {
            const Wait too_early = std::chrono::ceil<Wait>(last->second + limits_.resend_after - now);
            return {CodeAdded::Outcome::resend_too_early, std::max(too_early, too_many)};
        }
        if (too_many.count() > 0) {
            return {CodeAdded::Outcome::too_many_codes, too_many};
        }
        Wait strangers = until_failures_lapse(phone, code.device, now);
        if (!code.device.is_known()) {
            Times of_strangers;
            for (const auto& [who, times] : phone.sent) {
                if (!who.first) {
                    of_strangers.insert(times.begin(), times.end());
                }
            }
            strangers = std::max(strangers, until_room(of_strangers, limits_.strangers_codes_per_hour_max,
                                                       limits_.strangers_codes_per_day_max, now));
        }
        if (strangers.count() > 0) {
            return {CodeAdded::Outcome::too_many_of_strangers, strangers};
        }
        phone.prune(now);
        phone.sealed = code.sealed_phone;
        phone.codes[code.login_key] = {code.code_digest, code.family, code.device.key, now + limits_.code_ttl};
        phone.last_sent[{code.device.key, code.family}] = now;
        own.insert(now);
        logins_[code.login_key] = {{code.phone_key, code.device}, now + limits_.code_ttl};
        return {};
    }

    void give_back(const CodeReceipt& code) override {
        const std::lock_guard lock(mutex_);
        Times& sent = phones_[code.phone_key].sent[{code.device.is_known(), code.device.key}];
        if (const auto found = sent.find(code.added_at); found != sent.end()) {
            sent.erase(found);
        }
    }

    [[nodiscard]] std::optional<StartedLogin> find_login(const std::string& login_key, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        const auto found = logins_.find(login_key);
        return found == logins_.end() || found->second.second <= now ? std::nullopt
                                                                     : std::optional(found->second.first);
    }

    [[nodiscard]] Guessed guess(const CodeGuess& guess, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        Phone& phone = phones_[guess.login.phone_key];
        phone.prune(now);
        const auto found = phone.codes.find(guess.login_key);
        if (found == phone.codes.end()) {
            return {.outcome = GuessOutcome::expired};
        }
        const Code code = found->second;
        if (code.family != guess.family) {
            return {.outcome = GuessOutcome::wrong_app};
        }
        if (const Wait wait = until_failures_lapse(phone, guess.login.device, now); wait.count() > 0) {
            return {.outcome = GuessOutcome::too_many_of_strangers, .retry_after = wait};
        }
        const auto is_of_this_app = [&](const Code& other) {
            return other.device == code.device && other.family == code.family;
        };
        const Code* earlier = nullptr;
        for (const auto& [login, other] : phone.codes) {
            if (is_of_this_app(other) && other.expires_at < code.expires_at &&
                (earlier == nullptr || other.expires_at > earlier->expires_at)) {
                earlier = &other;
            }
        }
        if (guess.code_digest != code.digest && (earlier == nullptr || guess.code_digest != earlier->digest)) {
            count_failure(phone, guess.login.device, now);
            if (++phone.wrong[code.device] < limits_.attempts_max) {
                return {.outcome = GuessOutcome::wrong};
            }
            std::erase_if(phone.codes, [&](const auto& other) { return other.second.device == code.device; });
            phone.prune(now);
            return {.outcome = GuessOutcome::too_many, .sealed_phone = phone.sealed};
        }
        std::erase_if(phone.codes, [&](const auto& other) {
            return other.second.family == code.family &&
                   !(is_of_this_app(other.second) && other.second.expires_at < code.expires_at);
        });
        phone.prune(now);
        phone.failures.clear();
        remember(phone.known_tokens, guess.remembered.token_key, LoginLimits::known_devices_max, now);
        remember(phone.known_addresses, guess.remembered.address_key, LoginLimits::known_addresses_max, now);
        std::string& token = phone.tokens[{code.device, code.family}];
        return {.outcome = GuessOutcome::right,
                .sealed_phone = phone.sealed,
                .replaced_token_key = std::exchange(token, guess.token_key)};
    }

    void end_logins(const std::string& phone_key, const std::string& family) override {
        const std::lock_guard lock(mutex_);
        end_logins_of(phones_[phone_key], [&](const std::string& of) { return of == family; });
    }
    void forget_phone(const std::string& phone_key) override {
        const std::lock_guard lock(mutex_);
        Phone& phone = phones_[phone_key];
        end_logins_of(phone, [](const std::string&) { return true; });
        phone.known_tokens.clear();
        phone.known_addresses.clear();
    }

    [[nodiscard]] std::chrono::milliseconds message_wait(const MessageCount& message, platform::Time now) override {
        const std::lock_guard lock(mutex_);
        const MessageLimits& limits = limits_.messages;
        return std::max(until_room(messages_[list_of(message, "all")], limits.messages_max, limits.window, now),
                        until_room(messages_[country_of(message)], limits.per_country_max, limits.window, now));
    }
    [[nodiscard]] MessageCeiling count_message(const MessageCount& message, const std::vector<std::string>& park_ids,
                                               platform::Time now) override {
        const std::lock_guard lock(mutex_);
        const MessageLimits& limits = limits_.messages;
        const auto has_room = [&](const std::string& list, std::uint32_t max) {
            Times& times = messages_[list];
            const bool is_counted = until_room(times, max, limits.window, now).count() == 0;
            if (is_counted) {
                times.insert(now);
            }
            return is_counted;
        };
        if (std::none_of(park_ids.begin(), park_ids.end(), [&](const std::string& park) {
                return has_room(list_of(message, "park:" + park), limits.per_park_max);
            })) {
            return MessageCeiling::park;
        }
        if (!has_room(country_of(message), limits.per_country_max)) {
            return MessageCeiling::country;
        }
        return has_room(list_of(message, "all"), limits.messages_max) ? MessageCeiling::none : MessageCeiling::all;
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
    /// The newest first.
    using Times = std::multiset<platform::Time, std::greater<>>;
    using KnownDevices = std::map<std::string, platform::Time>;
    /// A device and a family.
    using App = std::pair<std::string, std::string>;

    struct Code {
        std::string digest;
        std::string family;
        std::string device;
        platform::Time expires_at;
    };
    struct Failures {
        std::uint32_t count = 0;
        platform::Time lapse_at;
    };
    struct Phone {
        std::string sealed;
        std::map<std::string, Code> codes;
        std::map<App, platform::Time> last_sent;
        /// By whether the device is known, and its key.
        std::map<std::pair<bool, std::string>, Times> sent;
        std::map<std::string, std::uint32_t> wrong;
        /// By the key of a known device, or `strangers`.
        std::map<std::string, Failures> failures;
        KnownDevices known_tokens;
        KnownDevices known_addresses;
        std::map<App, std::string> tokens;

        void prune(platform::Time now) {
            std::erase_if(codes, [&](const auto& code) { return code.second.expires_at <= now; });
            std::erase_if(wrong, [&](const auto& of_device) {
                return std::none_of(codes.begin(), codes.end(),
                                    [&](const auto& code) { return code.second.device == of_device.first; });
            });
        }
    };

    /// Until fewer than `max` of the times are within the window.
    static Wait until_room(const Times& times, std::size_t max, std::chrono::seconds window, platform::Time now) {
        if (times.size() < max) {
            return Wait(0);
        }
        const auto room_at = *std::next(times.begin(), static_cast<std::ptrdiff_t>(max - 1)) + window;
        return room_at <= now ? Wait(0) : std::chrono::ceil<Wait>(room_at - now);
    }
    static Wait until_room(const Times& times, std::size_t per_hour, std::size_t per_day, platform::Time now) {
        return std::max(until_room(times, per_hour, std::chrono::hours(1), now),
                        until_room(times, per_day, std::chrono::hours(24), now));
    }
    static std::string total_of(Acquaintance acquaintance) {
        return acquaintance == Acquaintance::stranger ? "strangers" : "known";
    }
    /// Of its origin, and how much each may hold.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint32_t>> lists_of(CountedStep step, const Origin& origin,
                                                                              Acquaintance acquaintance) const {
        if (acquaintance == Acquaintance::known_device) {
            return {};
        }
        const bool is_start = step == CountedStep::start;
        const auto per_address = is_start ? limits_.starts_per_address_max : limits_.wrong_guesses_per_address_max;
        const auto per_network = is_start ? limits_.starts_per_network_max : limits_.wrong_guesses_per_network_max;
        if (origin.address_key.empty()) {
            return {{"network " + origin.network_key, per_address}};
        }
        return {{"address " + origin.address_key, per_address}, {"network " + origin.network_key, per_network}};
    }
    static std::string list_of(const MessageCount& message, const std::string& of) {
        return (message.is_to_known_device ? "known " : "stranger ") + of;
    }
    static std::string country_of(const MessageCount& message) {
        return list_of(message, "country:" + std::to_string(message.country));
    }

    /// Under whom the guesses of a device count now, and how many are allowed.
    std::pair<Failures&, std::uint32_t> failures_for(Phone& phone, const Device& device, platform::Time now) const {
        const auto of = [&](const std::string& who) -> Failures& {
            Failures& failures = phone.failures[who];
            if (failures.lapse_at <= now) {
                failures = {};
            }
            return failures;
        };
        if (device.is_known() && of(device.key).count < limits_.known_failures_max()) {
            return {of(device.key), limits_.known_failures_max()};
        }
        return {of("strangers"), limits_.strangers_failures_max()};
    }
    Wait until_failures_lapse(Phone& phone, const Device& device, platform::Time now) const {
        const auto [failures, max] = failures_for(phone, device, now);
        return failures.count < max ? Wait(0) : std::chrono::ceil<Wait>(failures.lapse_at - now);
    }
    void count_failure(Phone& phone, const Device& device, platform::Time now) const {
        const auto [failures, max] = failures_for(phone, device, now);
        ++failures.count;
        failures.lapse_at = now + std::chrono::duration_cast<Wait>(limits_.failures_pause) * failures.count / max;
    }
    static void remember(KnownDevices& known, const std::string& key, std::size_t max, platform::Time now) {
        if (key.empty()) {
            return;
        }
        known[key] = now;
        while (known.size() > max) {
            known.erase(std::min_element(known.begin(), known.end(),
                                         [](const auto& one, const auto& other) { return one.second < other.second; }));
        }
    }
    template <typename Predicate>
    void end_logins_of(Phone& phone, const Predicate& is_meant) {
        std::erase_if(phone.codes, [&](const auto& code) { return is_meant(code.second.family); });
        std::erase_if(phone.tokens, [&](const auto& token) {
            if (!is_meant(token.first.second)) {
                return false;
            }
            tokens_.erase(token.second);
            return true;
        });
    }

    const LoginLimits limits_;

    std::mutex mutex_;
    // Guarded by mutex_.
    std::map<std::pair<CountedStep, std::string>, Times> steps_;
    std::map<std::string, Phone> phones_;
    std::map<std::string, std::pair<StartedLogin, platform::Time>> logins_;
    std::map<std::string, std::pair<LoginToken, platform::Time>> tokens_;
    std::map<std::string, Times> messages_;
};

}  // namespace twinfleet::driver_login::testing
