#include "capabilities/driver_login/store/login_store_redis.hpp"

#include <charconv>
#include <vector>

namespace twinfleet::driver_login {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds hour = std::chrono::hours(1);
constexpr milliseconds day = std::chrono::hours(24);

/// ARGV: now, how many, window.
const redis::Script count_start_script(R"lua(
local now, starts_max, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local earlier = redis.call('LINDEX', KEYS[1], starts_max - 1)
if earlier and tonumber(earlier) + window > now then
    return tonumber(earlier) + window - now
end
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, starts_max - 1)
redis.call('PEXPIRE', KEYS[1], window)
return 0
)lua");

/// In both scripts below: live codes of the hash are counted, those that have expired removed.
constexpr const char* prune_function = R"lua(
local function prune(key, now)
    local live = 0
    local fields = redis.call('HGETALL', key)
    for i = 1, #fields, 2 do
        if string.sub(fields[i], 1, 5) == 'code:' then
            if tonumber(string.match(fields[i + 1], '^(%d+):')) > now then
                live = live + 1
            else
                redis.call('HDEL', key, fields[i])
            end
        end
    end
    if live == 0 then
        redis.call('HDEL', key, 'wrong')
    end
end
)lua";

/// KEYS: login_codes, login_sent. ARGV: now, login key, code digest, family, code TTL, resend after, codes per hour,
/// per day, hour, day. Returns which limit and how long to wait.
const redis::Script add_code_script(std::string(prune_function) + R"lua(
local now, ttl, resend_after = tonumber(ARGV[1]), tonumber(ARGV[5]), tonumber(ARGV[6])
local per_hour, per_day, hour, day = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local function wait(at, window)
    return at and math.max(0, tonumber(at) + window - now) or 0
end
local too_many = math.max(wait(redis.call('LINDEX', KEYS[2], per_hour - 1), hour),
                          wait(redis.call('LINDEX', KEYS[2], per_day - 1), day))
local too_early = wait(redis.call('HGET', KEYS[1], 'sent:' .. ARGV[4]), resend_after)
if too_early > 0 then
    return {'resend_too_early', math.max(too_early, too_many)}
end
if too_many > 0 then
    return {'too_many_codes', too_many}
end
prune(KEYS[1], now)
redis.call('HSET', KEYS[1], 'code:' .. ARGV[2], string.format('%.0f', now + ttl) .. ':' .. ARGV[3] .. ':' .. ARGV[4],
           'sent:' .. ARGV[4], ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.max(ttl, resend_after))
redis.call('LPUSH', KEYS[2], ARGV[1])
redis.call('LTRIM', KEYS[2], 0, math.max(per_hour, per_day) - 1)
redis.call('PEXPIRE', KEYS[2], day)
return {'added', 0}
)lua");

/// KEYS: login_codes. ARGV: now, login key, code digest, family, attempts.
const redis::Script guess_script(std::string(prune_function) + R"lua(
prune(KEYS[1], tonumber(ARGV[1]))
local code = redis.call('HGET', KEYS[1], 'code:' .. ARGV[2])
if not code then
    return 'expired'
end
local digest, family = string.match(code, '^%d+:(%x+):(.*)$')
if family ~= ARGV[4] then
    return 'wrong_app'
end
local function end_codes(of_family)
    local fields = redis.call('HGETALL', KEYS[1])
    local left = 0
    for i = 1, #fields, 2 do
        if string.sub(fields[i], 1, 5) == 'code:' then
            if not of_family or string.match(fields[i + 1], '^%d+:%x+:(.*)$') == of_family then
                redis.call('HDEL', KEYS[1], fields[i])
            else
                left = left + 1
            end
        end
    end
    if left == 0 then
        redis.call('HDEL', KEYS[1], 'wrong')
    end
end
if digest == ARGV[3] then
    end_codes(family)
    return 'right'
end
if redis.call('HINCRBY', KEYS[1], 'wrong', 1) < tonumber(ARGV[5]) then
    return 'wrong'
end
end_codes(nil)
return 'too_many'
)lua");

/// ARGV: now.
const redis::Script take_token_script(R"lua(
local token = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
if token and tonumber(string.match(token, '^(%d+):')) > tonumber(ARGV[1]) then
    return 1
end
return 0
)lua");

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

redis::Reply run(const redis::Pool& pool, const redis::Script& script, const std::vector<std::string>& keys,
                 const std::vector<std::string>& arguments) {
    return pool.call(redis::Command(script, keys, arguments));
}

void put(const redis::Pool& pool, const std::string& key, std::string_view value, milliseconds ttl,
         platform::Time now) {
    const std::string stamped = number(ms(now) + ttl.count()) + ':' + std::string(value);
    static_cast<void>(pool.call(redis::Command{"SET", key, stamped, "PX"}.add(ttl.count())));
}

/// What put() has put; nullopt also when it has expired by `now`.
std::optional<std::string> get(const redis::Pool& pool, const std::string& key, platform::Time now) {
    auto stamped = pool.call(redis::Command{"GET", key}).optional_text();
    std::int64_t expires_at = 0;
    if (!stamped) {
        return std::nullopt;
    }
    const auto* const end = stamped->data() + stamped->size();
    const auto [colon, error] = std::from_chars(stamped->data(), end, expires_at);
    if (error != std::errc() || colon == end || *colon != ':' || expires_at <= ms(now)) {
        return std::nullopt;
    }
    return std::string(colon + 1, end);
}

}  // namespace

milliseconds RedisLoginStore::count_start(const std::string& address_key, platform::Time now) {
    return milliseconds(run(pool_, count_start_script, {key("login_starts", address_key)},
                            {number(ms(now)), number(limits_.starts_per_address_max),
                             number(milliseconds(limits_.starts_per_address_window))})
                            .integer());
}

CodeAdded RedisLoginStore::add_code(const NewCode& code, platform::Time now) {
    const auto reply =
        run(pool_, add_code_script, {key("login_codes", code.phone_key), key("login_sent", code.phone_key)},
            {number(ms(now)), code.login_key, code.code_digest, code.family, number(milliseconds(limits_.code_ttl)),
             number(milliseconds(limits_.resend_after)), number(limits_.codes_per_hour_max),
             number(limits_.codes_per_day_max), number(hour), number(day)});
    const std::string& outcome = reply.items().at(0).text();
    if (outcome != "added") {
        return {.outcome = outcome == "resend_too_early" ? CodeAdded::Outcome::resend_too_early
                                                         : CodeAdded::Outcome::too_many_codes,
                .retry_after = milliseconds(reply.items().at(1).integer())};
    }
    put(pool_, key("login_id", code.login_key), code.sealed_phone, limits_.code_ttl, now);
    return {};
}

std::optional<std::string> RedisLoginStore::phone_of(const std::string& login_key, platform::Time now) {
    return get(pool_, key("login_id", login_key), now);
}

GuessOutcome RedisLoginStore::guess(const CodeGuess& guess, platform::Time now) {
    const auto reply =
        run(pool_, guess_script, {key("login_codes", guess.phone_key)},
            {number(ms(now)), guess.login_key, guess.code_digest, guess.family, number(limits_.attempts_max)});
    const std::string& outcome = reply.text();
    if (outcome == "right") {
        return GuessOutcome::right;
    }
    if (outcome == "wrong") {
        return GuessOutcome::wrong;
    }
    if (outcome == "too_many") {
        return GuessOutcome::too_many;
    }
    return outcome == "wrong_app" ? GuessOutcome::wrong_app : GuessOutcome::expired;
}

void RedisLoginStore::put_token(const std::string& token_key, const LoginToken& token, platform::Time now) {
    put(pool_, key("login_token", token_key), token.sealed_phone + ':' + token.family, limits_.login_token_ttl, now);
}

std::optional<LoginToken> RedisLoginStore::find_token(const std::string& token_key, platform::Time now) {
    const auto value = get(pool_, key("login_token", token_key), now);
    if (!value) {
        return std::nullopt;
    }
    const auto colon = value->find(':');
    if (colon == std::string::npos) {
        return std::nullopt;
    }
    return LoginToken{.sealed_phone = value->substr(0, colon), .family = value->substr(colon + 1)};
}

bool RedisLoginStore::take_token(const std::string& token_key, platform::Time now) {
    return run(pool_, take_token_script, {key("login_token", token_key)}, {number(ms(now))}).integer() == 1;
}

}  // namespace twinfleet::driver_login
