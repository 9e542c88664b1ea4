#include "capabilities/driver_login/store/login_scripts_redis.hpp"

#include <string>

namespace twinfleet::driver_login::scripts {
namespace {

/// How long until there is room in all lists of KEYS.
constexpr const char* room = R"lua(
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local wait = 0
for i, key in ipairs(KEYS) do
    local earlier = redis.call('LINDEX', key, ARGV[i + 2] - 1)
    if earlier then
        wait = math.max(wait, tonumber(earlier) + window - now)
    end
end
)lua";

/// Fields of login_codes: `code:<login key>` = `<expires at>:<digest>:<device key>:<family>`.
constexpr const char* codes = R"lua(
local function read_code(value)
    local expires_at, digest, device, family = string.match(value, '^(%d+):(%x+):(%x+):(.*)$')
    return {expires_at = tonumber(expires_at), digest = digest, device = device, family = family}
end
-- By login key, the live ones. What has expired is removed, and so are the wrong guesses of devices without a live code.
local function live_codes(key, now)
    local live, of_device, wrong = {}, {}, {}
    local fields = redis.call('HGETALL', key)
    for i = 1, #fields, 2 do
        local kind, name = string.match(fields[i], '^(%l+):(.*)$')
        if kind == 'code' then
            local code = read_code(fields[i + 1])
            if code.expires_at > now then
                live[name] = code
                of_device[code.device] = true
            else
                redis.call('HDEL', key, fields[i])
            end
        elseif kind == 'wrong' then
            wrong[#wrong + 1] = name
        end
    end
    for _, device in ipairs(wrong) do
        if not of_device[device] then
            redis.call('HDEL', key, 'wrong:' .. device)
        end
    end
    return live
end
)lua";

/// A count of wrong guesses is `<count>:<lapses at>`. A known device that has used up its own counts as a stranger.
constexpr const char* failures = R"lua(
local function failures_of(key, who, now)
    local count, lapses_at = string.match(redis.call('HGET', key, who) or '', '^(%d+):(%d+)$')
    if not count or tonumber(lapses_at) <= now then
        return 0, 0
    end
    return tonumber(count), tonumber(lapses_at)
end
-- Under whom the guesses of a device count, how many there were, how many are allowed, and when they lapse.
local function failures_for(key, device, is_known, strangers_max, known_max, now)
    if is_known then
        local count, lapses_at = failures_of(key, device, now)
        if count < known_max then
            return device, count, known_max, lapses_at
        end
    end
    local count, lapses_at = failures_of(key, 'strangers', now)
    return 'strangers', count, strangers_max, lapses_at
end
)lua";

}  // namespace

const redis::Script count(std::string(room) + R"lua(
if wait > 0 then
    return wait
end
for i, key in ipairs(KEYS) do
    redis.call('LPUSH', key, ARGV[1])
    redis.call('LTRIM', key, 0, ARGV[i + 2] - 1)
    redis.call('PEXPIRE', key, window)
end
return 0
)lua");

const redis::Script wait(std::string(room) + "return wait");

const redis::Script add_code(std::string(codes) + failures + R"lua(
local now, device, is_known = tonumber(ARGV[1]), ARGV[5], ARGV[6] == '1'
local ttl, resend_after = tonumber(ARGV[8]), tonumber(ARGV[9])
local hour, day = 3600000, 86400000
local own_per_hour, own_per_day = tonumber(ARGV[10]), tonumber(ARGV[11])

local function wait_for(at, window)
    return at and math.max(0, at + window - now) or 0
end
local function wait_of(times, per_hour, per_day)
    return math.max(wait_for(times[per_hour], hour), wait_for(times[per_day], day))
end

-- Fields of login_sent: `<known|stranger>:<device key>` = `<time>,<time>`, the newest first.
local own_field = (is_known and 'known:' or 'stranger:') .. device
local own, of_strangers = {}, {}
local sent = redis.call('HGETALL', KEYS[2])
for i = 1, #sent, 2 do
    local is_recent = false
    for time in string.gmatch(sent[i + 1], '%d+') do
        time = tonumber(time)
        is_recent = is_recent or time + day > now
        if sent[i] == own_field then
            own[#own + 1] = time
        end
        if string.sub(sent[i], 1, 9) == 'stranger:' then
            of_strangers[#of_strangers + 1] = time
        end
    end
    if not is_recent then
        redis.call('HDEL', KEYS[2], sent[i])
    end
end
table.sort(of_strangers, function(a, b) return a > b end)

local too_many = wait_of(own, own_per_hour, own_per_day)
local too_early = wait_for(tonumber(redis.call('HGET', KEYS[1], 'sent:' .. device .. ':' .. ARGV[4])), resend_after)
if too_early > 0 then
    return {'resend_too_early', math.max(too_early, too_many)}
end
if too_many > 0 then
    return {'too_many_codes', too_many}
end
local _, failed, failures_max, lapses_at = failures_for(KEYS[3], device, is_known, tonumber(ARGV[14]),
                                                        tonumber(ARGV[15]), now)
local strangers = is_known and 0 or wait_of(of_strangers, tonumber(ARGV[12]), tonumber(ARGV[13]))
if failed >= failures_max then
    strangers = math.max(strangers, lapses_at - now)
end
if strangers > 0 then
    return {'too_many_of_strangers', strangers}
end

live_codes(KEYS[1], now)
redis.call('HSET', KEYS[1], 'code:' .. ARGV[2],
           string.format('%.0f', now + ttl) .. ':' .. ARGV[3] .. ':' .. device .. ':' .. ARGV[4],
           'sent:' .. device .. ':' .. ARGV[4], ARGV[1], 'phone', ARGV[7])
redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), ttl, resend_after))
local times = {ARGV[1]}
for i = 1, math.min(#own, math.max(own_per_hour, own_per_day) - 1) do
    times[i + 1] = string.format('%.0f', own[i])
end
redis.call('HSET', KEYS[2], own_field, table.concat(times, ','))
redis.call('PEXPIRE', KEYS[2], day)
return {'added', 0}
)lua");

const redis::Script give_back(R"lua(
local field = (ARGV[2] == '1' and 'known:' or 'stranger:') .. ARGV[1]
local kept, is_given_back = {}, false
for time in string.gmatch(redis.call('HGET', KEYS[1], field) or '', '%d+') do
    if time == ARGV[3] and not is_given_back then
        is_given_back = true
    else
        kept[#kept + 1] = time
    end
end
if #kept == 0 then
    redis.call('HDEL', KEYS[1], field)
else
    redis.call('HSET', KEYS[1], field, table.concat(kept, ','))
end
return 0
)lua");

const redis::Script guess(std::string(codes) + failures + R"lua(
local now, is_known = tonumber(ARGV[1]), ARGV[5] == '1'
local strangers_max, known_max, pause = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local live = live_codes(KEYS[1], now)
local code = live[ARGV[2]]
if not code then
    return {'expired', 0, '', ''}
end
if code.family ~= ARGV[4] then
    return {'wrong_app', 0, '', ''}
end
local who, failed, failures_max, lapses_at = failures_for(KEYS[2], code.device, is_known, strangers_max, known_max, now)
if failed >= failures_max then
    return {'too_many_of_strangers', lapses_at - now, '', ''}
end

local earlier
for _, other in pairs(live) do
    if other.device == code.device and other.family == code.family and other.expires_at < code.expires_at
            and (not earlier or other.expires_at > earlier.expires_at) then
        earlier = other
    end
end

if ARGV[3] ~= code.digest and not (earlier and ARGV[3] == earlier.digest) then
    failed = failed + 1
    redis.call('HSET', KEYS[2], who, failed .. ':' .. string.format('%.0f', now + pause * failed / failures_max))
    local left = redis.call('PTTL', KEYS[2])
    redis.call('PEXPIRE', KEYS[2], string.format('%.0f', math.max(left, pause * failed / failures_max)))
    if redis.call('HINCRBY', KEYS[1], 'wrong:' .. code.device, 1) < tonumber(ARGV[6]) then
        return {'wrong', 0, '', ''}
    end
    for login, other in pairs(live) do
        if other.device == code.device then
            redis.call('HDEL', KEYS[1], 'code:' .. login)
        end
    end
    redis.call('HDEL', KEYS[1], 'wrong:' .. code.device)
    return {'too_many', 0, redis.call('HGET', KEYS[1], 'phone') or '', ''}
end

local is_device_done = true
for login, other in pairs(live) do
    local is_older = other.device == code.device and other.expires_at < code.expires_at
    if other.family == code.family and not is_older then
        redis.call('HDEL', KEYS[1], 'code:' .. login)
    elseif other.device == code.device then
        is_device_done = false
    end
end
if is_device_done then
    redis.call('HDEL', KEYS[1], 'wrong:' .. code.device)
end
redis.call('DEL', KEYS[2])

local function remember(kind, key, max)
    if key == '' then
        return
    end
    redis.call('HSET', KEYS[3], kind .. ':' .. key, ARGV[1])
    local known = {}
    local fields = redis.call('HGETALL', KEYS[3])
    for i = 1, #fields, 2 do
        if string.sub(fields[i], 1, #kind) == kind then
            known[#known + 1] = {field = fields[i], at = tonumber(fields[i + 1])}
        end
    end
    table.sort(known, function(a, b) return a.at > b.at end)
    for i = max + 1, #known do
        redis.call('HDEL', KEYS[3], known[i].field)
    end
end
remember('token', ARGV[12], tonumber(ARGV[15]))
remember('address', ARGV[13], tonumber(ARGV[16]))
redis.call('PEXPIRE', KEYS[3], ARGV[14])

local token_field = 'token:' .. code.device .. ':' .. code.family
local replaced = redis.call('HGET', KEYS[1], token_field) or ''
redis.call('HSET', KEYS[1], token_field, ARGV[10])
redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[11])))
return {'right', 0, redis.call('HGET', KEYS[1], 'phone') or '', replaced}
)lua");

const redis::Script end_logins(std::string(codes) + R"lua(
local tokens = {}
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
    local kind, rest = string.match(fields[i], '^(%l+):(.*)$')
    local family
    if kind == 'code' then
        family = read_code(fields[i + 1]).family
    elseif kind == 'token' then
        family = string.match(rest, '^%x+:(.*)$')
    end
    if family and (not ARGV[1] or family == ARGV[1]) then
        redis.call('HDEL', KEYS[1], fields[i])
        if kind == 'token' then
            tokens[#tokens + 1] = fields[i + 1]
        end
    end
end
return tokens
)lua");

const redis::Script take_token(R"lua(
local token = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
if token and tonumber(string.match(token, '^(%d+):')) > tonumber(ARGV[1]) then
    return 1
end
return 0
)lua");

}  // namespace twinfleet::driver_login::scripts
