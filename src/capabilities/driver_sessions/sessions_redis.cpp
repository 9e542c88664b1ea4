#include "capabilities/driver_sessions/sessions_redis.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "capabilities/driver_sessions/hash_redis.hpp"
#include "capabilities/driver_sessions/token.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_sessions {
namespace {

using std::chrono::milliseconds;

/// How often at most the use of a session is noted, in parts of its idle lifetime.
constexpr int notes_per_idle_lifetime = 200;

// Of all scripts, KEYS are the session and the state of one driver, which are in one slot.

/// ARGV: token_sha256, park_id, driver_id, family, now, end of the session, lifetime of the state. Whether there was an
/// earlier session.
const redis::Script begin_script(R"(
local was_there = redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'token_sha256', ARGV[1], 'park_id', ARGV[2], 'driver_id', ARGV[3], 'family', ARGV[4],
           'created_at_ms', ARGV[5], 'used_at_ms', ARGV[5])
redis.call('PEXPIREAT', KEYS[1], ARGV[6])
redis.call('HSET', KEYS[2], 'park_id', ARGV[2], 'driver_id', ARGV[3], 'family', ARGV[4])
redis.call('HDEL', KEYS[2], 'status')
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return was_there
)");

/// ARGV: token_sha256, now, end of the session, lifetime of the state. A session that has ended meanwhile stays ended.
const redis::Script note_use_script(R"(
if redis.call('HGET', KEYS[1], 'token_sha256') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'used_at_ms', ARGV[2])
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1
)");

/// ARGV: token_sha256. The family of the session that was ended; nil: none.
const redis::Script end_script(R"(
if redis.call('HGET', KEYS[1], 'token_sha256') ~= ARGV[1] then
    return false
end
local family = redis.call('HGET', KEYS[1], 'family')
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], 'status')
return family
)");

std::optional<std::int64_t> read_number(std::string_view text) {
    std::int64_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, number);
    return !text.empty() && error == std::errc() && last == end ? std::optional(number) : std::nullopt;
}

std::vector<std::string> keys_of(std::string_view tag) {
    return {session_key(tag), state_key(tag)};
}

std::string_view name_of(SessionRefusal refusal) {
    switch (refusal) {
        case SessionRefusal::unauthorized:
            return "unauthorized";
        case SessionRefusal::session_ended:
            return "session_ended";
        case SessionRefusal::wrong_app:
            return "wrong_app";
        case SessionRefusal::unavailable:
            return "unavailable";
    }
    return "unauthorized";
}

}  // namespace

struct RedisSessions::Stored {
    Session session;
    std::int64_t created_at_ms = 0;
    std::int64_t used_at_ms = 0;
};

RedisSessions::RedisSessions(const redis::Pool& pool, const driver_cache::FleetDirectory& directory,
                             const platform::Clock& clock, metrics::Registry& registry, const SessionSettings& settings)
    : pool_(pool),
      directory_(directory),
      clock_(clock),
      settings_(settings),
      begun_(registry.counters("driver_sessions_begun_total", "Sessions of drivers that began", {"family"})),
      unreplicated_(registry.counters("driver_sessions_unreplicated_total",
                                      "Sessions of drivers that began before a replica of Redis had them", {"family"})),
      ended_(registry.counters("driver_sessions_ended_total", "Sessions of drivers that were ended, by why",
                               {"family", "reason"})),
      refusals_(
          registry.counters("driver_session_refusals_total", "Requests whose session was refused, by why", {"reason"})),
      notes_lost_(registry.counter("driver_session_notes_lost_total",
                                   "Notes of the use or the end of a session that Redis did not take.")) {
    if (settings.absolute_lifetime < std::chrono::seconds(1) || settings.idle_lifetime < std::chrono::seconds(1)) {
        throw std::invalid_argument("a session lives at least a second");
    }
}

std::string RedisSessions::begin(const DriverKey& driver, std::string_view family) {
    auto token = make_token(driver);
    const auto now = now_ms();
    const std::vector<std::string> arguments{sha256_of_token(token),
                                             driver.park_id,
                                             driver.driver_id,
                                             std::string(family),
                                             std::to_string(now),
                                             std::to_string(expires_at_ms(now, now)),
                                             std::to_string(milliseconds(settings_.idle_lifetime).count())};
    const auto keys = keys_of(redis_tag(driver));
    // The driver is told only of what outlives the loss of a master. Where no replica has it in time he gets in all the
    // same: while one is away, nobody could otherwise.
    const auto begun = pool_.call_replicated(redis::Command(begin_script, keys, arguments));
    const bool was_there = begun.reply.integer() != 0;
    begun_.with({family}).increment();
    if (!begun.is_replicated) {
        unreplicated_.with({family}).increment();
    }
    if (was_there) {
        ended_.with({family, "replaced"}).increment();
    }
    return token;
}

std::variant<Session, SessionRefusal> RedisSessions::find(std::string_view token, std::string_view family) {
    auto found = judge(token, family);
    if (const auto* refusal = std::get_if<SessionRefusal>(&found)) {
        refusals_.with({name_of(*refusal)}).increment();
    }
    return found;
}

std::variant<Session, SessionRefusal> RedisSessions::judge(std::string_view token, std::string_view family) {
    const auto tag = tag_of_token(token);
    if (!tag) {
        return SessionRefusal::unauthorized;
    }
    auto stored = load(*tag, sha256_of_token(token));
    if (!stored) {
        return SessionRefusal::session_ended;
    }
    if (stored->session.family != family) {
        return SessionRefusal::wrong_app;
    }
    const auto standing = standing_of(stored->session, directory_);
    if (standing == Standing::unknown) {
        return SessionRefusal::unavailable;
    }
    if (standing != Standing::works) {
        try {
            end(*tag, stored->session.token_sha256, driver_sessions::name_of(standing));
        } catch (const platform::StoreUnavailable&) {
            // He is not let in either way; his next request ends it.
            notes_lost_.increment();
        }
        return SessionRefusal::session_ended;
    }
    note_use(*tag, *stored);
    return std::move(stored->session);
}

std::optional<RedisSessions::Stored> RedisSessions::load(std::string_view tag, std::string_view token_sha256) const {
    const auto hash = pool_.call({"HGETALL", session_key(tag)});
    const auto created_at_ms = read_number(field_of(hash, "created_at_ms"));
    const auto used_at_ms = read_number(field_of(hash, "used_at_ms"));
    if (!is_same_digest(field_of(hash, "token_sha256"), token_sha256) || !created_at_ms || !used_at_ms) {
        return std::nullopt;
    }
    // Redis drops it by its own clock; ours is the one that counts.
    if (now_ms() >= expires_at_ms(*created_at_ms, *used_at_ms)) {
        return std::nullopt;
    }
    return Stored{.session = {.driver = {.park_id = std::string(field_of(hash, "park_id")),
                                         .driver_id = std::string(field_of(hash, "driver_id"))},
                              .family = std::string(field_of(hash, "family")),
                              .created_at = platform::Time(milliseconds(*created_at_ms)),
                              .token_sha256 = std::string(token_sha256)},
                  .created_at_ms = *created_at_ms,
                  .used_at_ms = *used_at_ms};
}

void RedisSessions::note_use(std::string_view tag, const Stored& stored) {
    const auto now = now_ms();
    if (now - stored.used_at_ms < milliseconds(settings_.idle_lifetime).count() / notes_per_idle_lifetime) {
        return;
    }
    const std::vector<std::string> arguments{stored.session.token_sha256, std::to_string(now),
                                             std::to_string(expires_at_ms(stored.created_at_ms, now)),
                                             std::to_string(milliseconds(settings_.idle_lifetime).count())};
    const auto keys = keys_of(tag);
    try {
        static_cast<void>(pool_.call(redis::Command(note_use_script, keys, arguments)));
    } catch (const platform::StoreUnavailable&) {
        // What can only be read is served all the same. Redis may be full, or a replica; the next use is noted then.
        notes_lost_.increment();
    }
}

void RedisSessions::end(std::string_view token) {
    if (const auto tag = tag_of_token(token)) {
        end(*tag, sha256_of_token(token), "logged_out");
    }
}

void RedisSessions::end(std::string_view tag, std::string_view token_sha256, std::string_view reason) {
    const auto keys = keys_of(tag);
    const std::vector<std::string> arguments{std::string(token_sha256)};
    const auto family = pool_.call(redis::Command(end_script, keys, arguments)).optional_text();
    if (family) {
        ended_.with({*family, reason}).increment();
    }
}

std::int64_t RedisSessions::expires_at_ms(std::int64_t created_at_ms, std::int64_t used_at_ms) const {
    return std::min(created_at_ms + milliseconds(settings_.absolute_lifetime).count(),
                    used_at_ms + milliseconds(settings_.idle_lifetime).count());
}

std::int64_t RedisSessions::now_ms() const {
    return std::chrono::floor<milliseconds>(clock_.now()).time_since_epoch().count();
}

}  // namespace twinfleet::driver_sessions
