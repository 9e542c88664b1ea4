#include "capabilities/driver_login/store/login_store_redis.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "capabilities/driver_login/store/login_scripts_redis.hpp"

namespace twinfleet::driver_login {
namespace {

using std::chrono::milliseconds;

std::int64_t ms(platform::Time time) {
    return std::chrono::floor<milliseconds>(time).time_since_epoch().count();
}

std::string number(std::int64_t value) {
    return std::to_string(value);
}

std::string number(milliseconds duration) {
    return std::to_string(duration.count());
}

std::string key(std::string_view kind, std::string_view tag) {
    return std::string(kind) + ":{" + std::string(tag) + '}';
}

std::string flag(bool is_set) {
    return is_set ? "1" : "0";
}

redis::Reply run(const redis::Pool& pool, const redis::Script& script, const std::vector<std::string>& keys,
                 const std::vector<std::string>& arguments) {
    return pool.call(redis::Command(script, keys, arguments));
}

void put(const redis::Pool& pool, const std::string& key, std::string_view value, milliseconds ttl,
         platform::Time now) {
    const std::string stamped = number(ms(now) + ttl.count()) + ':' + std::string(value);
    static_cast<void>(pool.call(redis::Command{"SET", key, stamped, "PX"}.add(ttl.count())));
}

/// nullopt for a text that is no number.
std::optional<std::int64_t> read_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                     : std::nullopt;
}

/// Takes the text up to the next colon away from `rest`; nullopt when there is no colon.
std::optional<std::string> next_part(std::string_view& rest) {
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string part(rest.substr(0, colon));
    rest.remove_prefix(colon + 1);
    return part;
}

/// What put() has put; nullopt also when it has expired by `now`.
std::optional<std::string> get(const redis::Pool& pool, const std::string& key, platform::Time now) {
    const auto stamped = pool.call(redis::Command{"GET", key}).optional_text();
    if (!stamped) {
        return std::nullopt;
    }
    std::string_view rest = *stamped;
    const auto stamp = next_part(rest);
    const auto expires_at = stamp ? read_number(*stamp) : std::nullopt;
    return expires_at && *expires_at > ms(now) ? std::optional(std::string(rest)) : std::nullopt;
}

constexpr std::string_view names_of_acquaintances[] = {"stranger", "known_address", "known_device"};

std::string_view name_of(Acquaintance acquaintance) {
    return names_of_acquaintances[static_cast<std::size_t>(acquaintance)];
}

std::optional<Acquaintance> acquaintance_of(std::string_view name) {
    const auto* const found = std::find(std::begin(names_of_acquaintances), std::end(names_of_acquaintances), name);
    return found == std::end(names_of_acquaintances)
               ? std::nullopt
               : std::optional(static_cast<Acquaintance>(found - std::begin(names_of_acquaintances)));
}

std::string_view pool_of(bool is_known) {
    return is_known ? "known" : "stranger";
}

CodeAdded::Outcome added_of(std::string_view name) {
    if (name == "added") {
        return CodeAdded::Outcome::added;
    }
    if (name == "resend_too_early") {
        return CodeAdded::Outcome::resend_too_early;
    }
    return name == "too_many_codes" ? CodeAdded::Outcome::too_many_codes : CodeAdded::Outcome::too_many_of_strangers;
}

GuessOutcome guess_of(std::string_view name) {
    constexpr std::pair<std::string_view, GuessOutcome> outcomes[] = {
        {"right", GuessOutcome::right},
        {"wrong", GuessOutcome::wrong},
        {"too_many", GuessOutcome::too_many},
        {"wrong_app", GuessOutcome::wrong_app},
        {"too_many_of_strangers", GuessOutcome::too_many_of_strangers}};
    const auto* const found =
        std::find_if(std::begin(outcomes), std::end(outcomes), [&](const auto& entry) { return entry.first == name; });
    return found == std::end(outcomes) ? GuessOutcome::expired : found->second;
}

/// The lists in which a step is counted, and how long each may get.
struct StepLists {
    std::vector<std::string> of_origin;
    std::vector<std::uint32_t> of_origin_max;
    std::string in_total;
    std::uint32_t in_total_max;
};

StepLists lists_of(CountedStep step, const Origin& origin, Acquaintance acquaintance, const LoginLimits& limits) {
    const bool is_start = step == CountedStep::start;
    const std::string name = is_start ? "login_starts" : "login_guesses";
    StepLists lists{.of_origin = {},
                    .of_origin_max = {},
                    .in_total = key(name + "_in_total", pool_of(acquaintance != Acquaintance::stranger)),
                    .in_total_max = is_start ? limits.starts_max : limits.wrong_guesses_max};
    // Whoever shares an address with a stranger is not to be locked out by him.
    if (acquaintance != Acquaintance::known_device) {
        const std::string network = key(name, origin.network_key);
        const auto per_address = is_start ? limits.starts_per_address_max : limits.wrong_guesses_per_address_max;
        const auto per_network = is_start ? limits.starts_per_network_max : limits.wrong_guesses_per_network_max;
        if (origin.address_key.empty()) {
            lists.of_origin = {network};
            lists.of_origin_max = {per_address};
        } else {
            lists.of_origin = {network + ':' + origin.address_key, network};
            lists.of_origin_max = {per_address, per_network};
        }
    }
    return lists;
}

milliseconds count_in(const redis::Pool& pool, const redis::Script& script, const std::vector<std::string>& lists,
                      const std::vector<std::uint32_t>& maxima, milliseconds window, platform::Time now) {
    std::vector<std::string> arguments{number(ms(now)), number(window)};
    for (const std::uint32_t max : maxima) {
        arguments.push_back(number(static_cast<std::int64_t>(max)));
    }
    return milliseconds(run(pool, script, lists, arguments).integer());
}

std::string message_list(const MessageCount& message, const std::string& of) {
    return key("login_messages", std::string(pool_of(message.is_to_known_device)) + ':' + of);
}

std::string country_list(const MessageCount& message) {
    return message_list(message, "country:" + number(static_cast<std::int64_t>(message.country)));
}

}  // namespace

Device RedisLoginStore::recognize(const std::string& phone_key, const DeviceKeys& keys, platform::Time now) {
    const auto reply = pool_.call(redis::Command{"HMGET", key("login_devices", phone_key), "token:" + keys.token_key,
                                                 "address:" + keys.address_key});
    const auto is_known = [&](std::size_t at) {
        const auto text = reply.items().at(at).optional_text();
        const auto logged_in_at = text ? read_number(*text) : std::nullopt;
        return logged_in_at && *logged_in_at + milliseconds(limits_.device_ttl).count() > ms(now);
    };
    if (!keys.token_key.empty() && is_known(0)) {
        return {.key = keys.token_key, .acquaintance = Acquaintance::known_device};
    }
    return {.key = keys.address_key,
            .acquaintance = is_known(1) ? Acquaintance::known_address : Acquaintance::stranger};
}

Counted RedisLoginStore::count(CountedStep step, const Origin& origin, Acquaintance acquaintance, platform::Time now) {
    const auto lists = lists_of(step, origin, acquaintance, limits_);
    const auto in = [&](const redis::Script& script, const std::vector<std::string>& names,
                        const std::vector<std::uint32_t>& maxima) {
        return count_in(pool_, script, names, maxima, limits_.starts_per_address_window, now);
    };
    if (!lists.of_origin.empty()) {
        if (const auto wait = in(scripts::wait, {lists.in_total}, {lists.in_total_max}); wait.count() > 0) {
            return {Counted::Outcome::too_many_in_total, wait};
        }
        if (const auto wait = in(scripts::count, lists.of_origin, lists.of_origin_max); wait.count() > 0) {
            return {Counted::Outcome::too_many_from_here, wait};
        }
    }
    const auto wait = in(scripts::count, {lists.in_total}, {lists.in_total_max});
    return wait.count() > 0 ? Counted{Counted::Outcome::too_many_in_total, wait} : Counted{};
}

void RedisLoginStore::uncount(CountedStep step, const Origin& origin, Acquaintance acquaintance) {
    const auto lists = lists_of(step, origin, acquaintance, limits_);
    // The newest of each list. It may be another call's of the same moment, which comes to the same.
    for (const std::string& list : lists.of_origin) {
        static_cast<void>(pool_.call(redis::Command{"LPOP", list}));
    }
    static_cast<void>(pool_.call(redis::Command{"LPOP", lists.in_total}));
}

CodeAdded RedisLoginStore::add_code(const NewCode& code, platform::Time now) {
    const auto figure = [](std::uint32_t value) { return number(static_cast<std::int64_t>(value)); };
    const auto reply = run(
        pool_, scripts::add_code,
        {key("login_codes", code.phone_key), key("login_sent", code.phone_key), key("login_failures", code.phone_key)},
        {number(ms(now)), code.login_key, code.code_digest, code.family, code.device.key, flag(code.device.is_known()),
         code.sealed_phone, number(milliseconds(limits_.code_ttl)), number(milliseconds(limits_.resend_after)),
         figure(limits_.codes_per_hour_max), figure(limits_.codes_per_day_max),
         figure(limits_.strangers_codes_per_hour_max), figure(limits_.strangers_codes_per_day_max),
         figure(limits_.strangers_failures_max()), figure(limits_.known_failures_max())});
    const auto outcome = added_of(reply.items().at(0).text());
    if (outcome != CodeAdded::Outcome::added) {
        return {.outcome = outcome, .retry_after = milliseconds(reply.items().at(1).integer())};
    }
    put(pool_, key("login_id", code.login_key),
        std::string(name_of(code.device.acquaintance)) + ':' + code.device.key + ':' + code.phone_key, limits_.code_ttl,
        now);
    return {};
}

void RedisLoginStore::give_back(const CodeReceipt& code) {
    static_cast<void>(run(pool_, scripts::give_back, {key("login_sent", code.phone_key)},
                          {code.device.key, flag(code.device.is_known()), number(ms(code.added_at))}));
}

std::optional<StartedLogin> RedisLoginStore::find_login(const std::string& login_key, platform::Time now) {
    const auto value = get(pool_, key("login_id", login_key), now);
    if (!value) {
        return std::nullopt;
    }
    std::string_view rest = *value;
    const auto name = next_part(rest);
    const auto acquaintance = name ? acquaintance_of(*name) : std::nullopt;
    auto device = next_part(rest);
    if (!acquaintance || !device || rest.empty()) {
        return std::nullopt;
    }
    return StartedLogin{.phone_key = std::string(rest),
                        .device = {.key = *std::move(device), .acquaintance = *acquaintance}};
}

Guessed RedisLoginStore::guess(const CodeGuess& guess, platform::Time now) {
    const auto figure = [](std::size_t value) { return number(static_cast<std::int64_t>(value)); };
    const std::string& phone = guess.login.phone_key;
    const auto reply = run(
        pool_, scripts::guess, {key("login_codes", phone), key("login_failures", phone), key("login_devices", phone)},
        {number(ms(now)), guess.login_key, guess.code_digest, guess.family, flag(guess.login.device.is_known()),
         figure(limits_.attempts_max), figure(limits_.strangers_failures_max()), figure(limits_.known_failures_max()),
         number(milliseconds(limits_.failures_pause)), guess.token_key, number(milliseconds(limits_.login_token_ttl)),
         guess.remembered.token_key, guess.remembered.address_key, number(milliseconds(limits_.device_ttl)),
         figure(LoginLimits::known_devices_max), figure(LoginLimits::known_addresses_max)});
    return {.outcome = guess_of(reply.items().at(0).text()),
            .retry_after = milliseconds(reply.items().at(1).integer()),
            .sealed_phone = reply.items().at(2).text(),
            .replaced_token_key = reply.items().at(3).text()};
}

void RedisLoginStore::end_logins(const std::string& phone_key, const std::string& family) {
    end_tokens(phone_key, {family});
}

void RedisLoginStore::forget_phone(const std::string& phone_key) {
    end_tokens(phone_key, {});
    for (const char* const what : {"login_devices", "login_failures"}) {
        static_cast<void>(pool_.call(redis::Command{"DEL", key(what, phone_key)}));
    }
}

void RedisLoginStore::end_tokens(const std::string& phone_key, const std::vector<std::string>& families) {
    const auto tokens = run(pool_, scripts::end_logins, {key("login_codes", phone_key)}, families);
    for (const auto& token_key : tokens.items()) {
        static_cast<void>(pool_.call(redis::Command{"DEL", key("login_token", token_key.text())}));
    }
}

milliseconds RedisLoginStore::message_wait(const MessageCount& message, platform::Time now) {
    const MessageLimits& limits = limits_.messages;
    return std::max(
        count_in(pool_, scripts::wait, {message_list(message, "all")}, {limits.messages_max}, limits.window, now),
        count_in(pool_, scripts::wait, {country_list(message)}, {limits.per_country_max}, limits.window, now));
}

MessageCeiling RedisLoginStore::count_message(const MessageCount& message, const std::vector<std::string>& park_ids,
                                              platform::Time now) {
    const MessageLimits& limits = limits_.messages;
    const auto has_room = [&](const std::string& list, std::uint32_t max) {
        return count_in(pool_, scripts::count, {list}, {max}, limits.window, now).count() == 0;
    };
    const bool has_park = std::any_of(park_ids.begin(), park_ids.end(), [&](const std::string& park) {
        return has_room(message_list(message, "park:" + park), limits.per_park_max);
    });
    if (!has_park) {
        return MessageCeiling::park;
    }
    if (!has_room(country_list(message), limits.per_country_max)) {
        return MessageCeiling::country;
    }
    return has_room(message_list(message, "all"), limits.messages_max) ? MessageCeiling::none : MessageCeiling::all;
}

void RedisLoginStore::put_token(const std::string& token_key, const LoginToken& token, platform::Time now) {
    put(pool_, key("login_token", token_key), token.sealed_phone + ':' + token.family, limits_.login_token_ttl, now);
}

std::optional<LoginToken> RedisLoginStore::find_token(const std::string& token_key, platform::Time now) {
    const auto value = get(pool_, key("login_token", token_key), now);
    if (!value) {
        return std::nullopt;
    }
    std::string_view rest = *value;
    auto sealed_phone = next_part(rest);
    if (!sealed_phone) {
        return std::nullopt;
    }
    return LoginToken{.sealed_phone = *std::move(sealed_phone), .family = std::string(rest)};
}

bool RedisLoginStore::take_token(const std::string& token_key, platform::Time now) {
    return run(pool_, scripts::take_token, {key("login_token", token_key)}, {number(ms(now))}).integer() == 1;
}

}  // namespace twinfleet::driver_login
