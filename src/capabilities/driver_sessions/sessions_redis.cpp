#include "capabilities/driver_sessions/sessions_redis.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <utility>

#include "capabilities/driver_sessions/hash_redis.hpp"
#include "capabilities/driver_sessions/token.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_sessions {
namespace {

using std::chrono::milliseconds;

/// How often at most the use of a session is noted, in parts of its idle lifetime.
constexpr int notes_per_idle_lifetime = 200;

// Of all scripts, KEYS are the session and the state of one driver, which are in one slot.

/// ARGV: token_sha256, park_id, driver_id, family, now, end of the session, lifetime of the state, digest of the phone,
/// place in the record of revocations. Whether there was an earlier session.
const redis::Script begin_script(R"(
local was_there = redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'token_sha256', ARGV[1], 'park_id', ARGV[2], 'driver_id', ARGV[3], 'family', ARGV[4],
           'created_at_ms', ARGV[5], 'used_at_ms', ARGV[5], 'phone', ARGV[8], 'since', ARGV[9])
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

/// ARGV: a field of the session, the value that it must have, a place in the record of revocations (ms, sequence). The
/// family of the session that was ended, which began before that place; nil: none.
const redis::Script end_before_script(R"(
local session = redis.call('HMGET', KEYS[1], ARGV[1], 'since', 'created_at_ms', 'family')
if session[1] ~= ARGV[2] then
    return false
end
local ms, sequence = tonumber(ARGV[3]), tonumber(ARGV[4])
local since_ms, since_sequence = string.match(session[2] or '', '^(%d+)-(%d+)$')
since_ms, since_sequence = tonumber(since_ms), tonumber(since_sequence)
-- One of an earlier version knows the millisecond alone; what was revoked in it ends the session.
if not since_ms and session[3] then
    since_ms, since_sequence = tonumber(session[3]) - 1, math.huge
end
if not since_ms or since_ms > ms or (since_ms == ms and since_sequence >= sequence) then
    return false
end
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], 'status')
return session[4]
)");

std::optional<std::int64_t> read_number(std::string_view text) {
    std::int64_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, number);
    return !text.empty() && error == std::errc() && last == end ? std::optional(number) : std::nullopt;
}

/// Where the record was at least when a session began of which only the millisecond is known.
Position just_before(std::int64_t created_at_ms) {
    return {.ms = static_cast<std::uint64_t>(std::max<std::int64_t>(created_at_ms - 1, 0)),
            .sequence = std::numeric_limits<std::uint64_t>::max()};
}

/// The fields of a session, in the order in which they are read.
enum class Field : std::uint8_t { token_sha256, park_id, driver_id, family, created_at_ms, used_at_ms, phone, since };

redis::Command read_command(std::string_view tag) {
    return {"HMGET",  session_key(tag), "token_sha256", "park_id", "driver_id",
            "family", "created_at_ms",  "used_at_ms",   "phone",   "since"};
}

/// What a request that revokes a session can name. `phone` is a digest; a session without one has an empty one.
std::vector<std::string> subjects_of(const DriverKey& driver, std::string_view family, std::string_view phone) {
    std::vector<std::string> subjects{driver_subject(driver.driver_id), park_subject(driver.park_id),
                                      family_subject(family)};
    if (!phone.empty()) {
        subjects.push_back(phone_subject(phone));
    }
    return subjects;
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
    /// Empty in sessions from before it was stored.
    std::string phone;
    Position since;
};

/// A subject of the record, and how a session that it is about is known.
struct RedisSessions::Revoked {
    std::string subject;
    std::string field;
    std::string value;
};

RedisSessions::RedisSessions(const Parts& parts, PhoneDigest phone_digest, const SessionSettings& settings)
    : parts_(parts),
      phone_digest_(std::move(phone_digest)),
      digest_of_nothing_(phone_digest_("")),
      settings_(settings),
      index_(parts.pool),
      begun_(parts.registry.counters("driver_sessions_begun_total", "Sessions of drivers that began", {"family"})),
      unreplicated_(parts.registry.counters("driver_sessions_unreplicated_total",
                                            "Sessions of drivers that began before a replica of Redis had them",
                                            {"family"})),
      ended_(parts.registry.counters("driver_sessions_ended_total", "Sessions of drivers that were ended, by why",
                                     {"family", "reason"})),
      refusals_(parts.registry.counters("driver_session_refusals_total", "Requests whose session was refused, by why",
                                        {"reason"})),
      notes_lost_(parts.registry.counter("driver_session_notes_lost_total",
                                         "Notes of the use or the end of a session that Redis did not take.")) {
    if (settings.absolute_lifetime < std::chrono::seconds(1) || settings.idle_lifetime < std::chrono::seconds(1)) {
        throw std::invalid_argument("a session lives at least a second");
    }
}

std::optional<std::string> RedisSessions::begin(const DriverKey& driver, std::string_view family, const LogIn& log_in) {
    const Position since = parts_.revocations.now();
    const std::string phone = phone_digest_(log_in.phone);
    const auto subjects = subjects_of(driver, family, phone);
    if (parts_.revocations.is_over(subjects, log_in.since)) {
        return std::nullopt;
    }
    auto token = make_token(driver);
    const auto tag = redis_tag(driver);
    const auto now = now_ms();
    const std::vector<std::string> arguments{sha256_of_token(token),
                                             driver.park_id,
                                             driver.driver_id,
                                             std::string(family),
                                             std::to_string(now),
                                             std::to_string(expires_at_ms(now, now)),
                                             std::to_string(milliseconds(settings_.idle_lifetime).count()),
                                             phone,
                                             to_text(since)};
    const auto keys = keys_of(tag);
    std::vector<redis::Command> commands;
    SessionIndex::add(commands, tag, subjects, now, now + milliseconds(settings_.absolute_lifetime).count());
    static_cast<void>(parts_.pool.pipeline(commands));
    // The driver is told only of what outlives the loss of a master. Where no replica has it in time he gets in all the
    // same: while one is away, nobody could otherwise.
    const auto begun = parts_.pool.call_replicated(redis::Command(begin_script, keys, arguments));
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

FoundSession RedisSessions::find(std::string_view token, std::string_view family) {
    const ShownToken shown{.token = token, .family = family};
    const auto tag = tag_of_token(token);
    FoundSession found = SessionRefusal::unauthorized;
    if (tag) {
        bool takes_writes = true;
        found = judge(shown, *tag, parts_.revocations.call(read_command(*tag)), takes_writes);
    }
    count_refusal(found);
    return found;
}

std::vector<platform::Outcome<FoundSession>> RedisSessions::find_each(std::span<const ShownToken> tokens) {
    using Outcome = platform::Outcome<FoundSession>;
    std::vector<Outcome> found(tokens.size(), Outcome(SessionRefusal::unauthorized));
    std::vector<std::size_t> places;
    std::vector<redis::Command> commands;
    for (std::size_t place = 0; place < tokens.size(); ++place) {
        if (const auto tag = tag_of_token(tokens[place].token)) {
            places.push_back(place);
            commands.push_back(read_command(*tag));
        }
    }
    std::vector<platform::Outcome<redis::Reply>> replies;
    try {
        if (!commands.empty()) {
            replies = parts_.revocations.call_each(std::move(commands));
        }
    } catch (...) {
        replies.assign(places.size(), std::current_exception());
    }
    // Each write that Redis does not take costs its time-out, and all of the group wait for it.
    bool takes_writes = true;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const std::size_t place = places[i];
        try {
            const std::string_view tag = tokens[place].token.substr(0, tag_digits);
            found[place] = judge(tokens[place], tag, replies[i].value(), takes_writes);
        } catch (...) {
            found[place] = std::current_exception();
        }
    }
    for (const Outcome& outcome : found) {
        if (outcome.failure() == nullptr) {
            count_refusal(outcome.value());
        }
    }
    return found;
}

void RedisSessions::count_refusal(const FoundSession& found) {
    if (const auto* refusal = std::get_if<SessionRefusal>(&found)) {
        refusals_.with({name_of(*refusal)}).increment();
    }
}

FoundSession RedisSessions::judge(const ShownToken& shown, std::string_view tag, const redis::Reply& reply,
                                  bool& takes_writes) {
    auto stored = read(reply, sha256_of_token(shown.token));
    if (!stored) {
        return SessionRefusal::session_ended;
    }
    if (stored->session.family != shown.family) {
        return SessionRefusal::wrong_app;
    }
    const auto write = [&](const auto& what) {
        try {
            if (takes_writes) {
                what();
                return;
            }
        } catch (const platform::StoreUnavailable&) {
            takes_writes = false;
        }
        notes_lost_.increment();
    };
    const auto ended_because = [&](std::string_view reason) {
        // Where it cannot be written he is not let in either; his next request ends it.
        write([&] { end(tag, stored->session.token_sha256, reason); });
        return SessionRefusal::session_ended;
    };
    if (is_revoked(*stored)) {
        return ended_because("revoked");
    }
    const auto standing = standing_of(stored->session, parts_.directory);
    if (standing == Standing::unknown) {
        return SessionRefusal::unavailable;
    }
    if (standing != Standing::works) {
        return ended_because(driver_sessions::name_of(standing));
    }
    if (const auto reason = reason_of_a_stop(*stored); !reason.empty()) {
        return ended_because(reason);
    }
    if (has_lost_its_phone(*stored)) {
        return ended_because("phone_removed");
    }
    // What can only be read is served all the same. Redis may be full, or a replica; the next use is noted then.
    if (now_ms() - stored->used_at_ms >= milliseconds(settings_.idle_lifetime).count() / notes_per_idle_lifetime) {
        write([&] { note_use(tag, *stored); });
    }
    return std::move(stored->session);
}

std::optional<RedisSessions::Stored> RedisSessions::read(const redis::Reply& reply, std::string token_sha256) const {
    const auto text_of = [&reply](Field field) {
        const redis::Reply& item = reply.items().at(static_cast<std::size_t>(field));
        return item.is_nil() ? std::string_view() : std::string_view(item.text());
    };
    const auto created_at_ms = read_number(text_of(Field::created_at_ms));
    const auto used_at_ms = read_number(text_of(Field::used_at_ms));
    if (!is_same_digest(text_of(Field::token_sha256), token_sha256) || !created_at_ms || !used_at_ms) {
        return std::nullopt;
    }
    // Redis drops it by its own clock; ours is the one that counts.
    if (now_ms() >= expires_at_ms(*created_at_ms, *used_at_ms)) {
        return std::nullopt;
    }
    return Stored{.session = {.driver = {.park_id = std::string(text_of(Field::park_id)),
                                         .driver_id = std::string(text_of(Field::driver_id))},
                              .family = std::string(text_of(Field::family)),
                              .created_at = platform::Time(milliseconds(*created_at_ms)),
                              .token_sha256 = std::move(token_sha256)},
                  .created_at_ms = *created_at_ms,
                  .used_at_ms = *used_at_ms,
                  .phone = std::string(text_of(Field::phone)),
                  .since = parse_position(text_of(Field::since)).value_or(just_before(*created_at_ms))};
}

bool RedisSessions::is_revoked(const Stored& stored) const {
    if (parts_.revocations.is_empty()) {
        return false;
    }
    return parts_.revocations.is_over(subjects_of(stored.session.driver, stored.session.family, stored.phone),
                                      stored.since);
}

std::string_view RedisSessions::reason_of_a_stop(const Stored& stored) const {
    if (parts_.revocations.is_empty()) {
        return {};
    }
    const DriverKey& driver = stored.session.driver;
    std::vector<std::string> driver_ids{driver.driver_id};
    if (auto profile = parts_.directory.driver(driver.driver_id); profile && !profile->parent_driver_id.empty()) {
        driver_ids.push_back(std::move(profile->parent_driver_id));
    }
    std::vector<std::string> driver_stops;
    std::vector<std::string> phone_removals;
    for (const std::string& id : driver_ids) {
        driver_stops.push_back(driver_stopped_subject(id));
        if (!stored.phone.empty()) {
            phone_removals.push_back(phone_removed_subject(id, stored.phone));
        }
    }
    std::vector<std::string> park_stops{park_stopped_subject(driver.park_id)};
    if (const auto park = parts_.directory.park(driver.park_id); park && !park->parent_park_id.empty()) {
        park_stops.push_back(park_stopped_subject(park->parent_park_id));
    }
    for (const auto& [subjects, reason] :
         {std::pair(&driver_stops, "driver_stopped"), std::pair(&park_stops, "park_stopped"),
          std::pair(&phone_removals, "phone_removed")}) {
        if (parts_.revocations.is_over(*subjects, stored.since)) {
            return reason;
        }
    }
    return {};
}

bool RedisSessions::has_lost_its_phone(const Stored& stored) const {
    // Asked before the profile, which may have come in meanwhile.
    const auto complete_until = parts_.directory.complete_until();
    if (stored.phone.empty() || !is_same_key(stored.phone, digest_of_nothing_) || !complete_until ||
        *complete_until <= stored.session.created_at + clock_skew_max) {
        return false;
    }
    auto profile = parts_.directory.driver(stored.session.driver.driver_id);
    if (profile && !profile->parent_driver_id.empty()) {
        if (auto parent = parts_.directory.driver(profile->parent_driver_id)) {
            profile = std::move(parent);
        }
    }
    return profile && std::none_of(profile->phones.begin(), profile->phones.end(),
                                   [&](const std::string& phone) { return phone_digest_(phone) == stored.phone; });
}

void RedisSessions::note_use(std::string_view tag, const Stored& stored) {
    const auto now = now_ms();
    const std::vector<std::string> arguments{stored.session.token_sha256, std::to_string(now),
                                             std::to_string(expires_at_ms(stored.created_at_ms, now)),
                                             std::to_string(milliseconds(settings_.idle_lifetime).count())};
    const auto keys = keys_of(tag);
    static_cast<void>(parts_.pool.call(redis::Command(note_use_script, keys, arguments)));
}

void RedisSessions::end(std::string_view token) {
    if (const auto tag = tag_of_token(token)) {
        end(*tag, sha256_of_token(token), "logged_out");
    }
}

void RedisSessions::end(std::string_view tag, std::string_view token_sha256, std::string_view reason) {
    const auto keys = keys_of(tag);
    const std::vector<std::string> arguments{std::string(token_sha256)};
    const auto family = parts_.pool.call(redis::Command(end_script, keys, arguments)).optional_text();
    if (family) {
        ended_.with({*family, reason}).increment();
    }
}

Position RedisSessions::now() {
    return parts_.revocations.now();
}

bool RedisSessions::is_revoked(const LogIn& log_in, std::string_view family) {
    static_cast<void>(parts_.revocations.now());
    const std::vector<std::string> subjects{phone_subject(phone_digest_(log_in.phone)), family_subject(family)};
    return parts_.revocations.is_over(subjects, log_in.since);
}

std::vector<RedisSessions::Revoked> RedisSessions::revoked_by(const RevocationTarget& target) const {
    const auto of_driver = [](const std::string& id) {
        return Revoked{.subject = driver_subject(id), .field = "driver_id", .value = id};
    };
    switch (target.kind) {
        case RevocationTarget::Kind::driver:
            return {of_driver(target.id)};
        case RevocationTarget::Kind::park:
            return {{.subject = park_subject(target.id), .field = "park_id", .value = target.id}};
        case RevocationTarget::Kind::family:
            return {{.subject = family_subject(target.id), .field = "family", .value = target.id}};
        case RevocationTarget::Kind::phone:
            break;
    }
    const auto digest = phone_digest_(target.id);
    std::vector<Revoked> revoked{{.subject = phone_subject(digest), .field = "phone", .value = digest}};
    for (const auto& driver : parts_.directory.drivers_by_phone(target.id)) {
        revoked.push_back(of_driver(driver.id));
    }
    return revoked;
}

std::size_t RedisSessions::revoke(const RevocationTarget& target) {
    const auto all = revoked_by(target);
    std::vector<std::string> subjects;
    for (const Revoked& revoked : all) {
        subjects.push_back(revoked.subject);
    }
    const Position at = parts_.revocations.revoke(subjects);
    std::size_t count = 0;
    for (const Revoked& revoked : all) {
        count += end_found(revoked, at);
    }
    return count;
}

std::size_t RedisSessions::end_found(const Revoked& revoked, const Position& before) {
    const std::vector<std::string> arguments{revoked.field, revoked.value, std::to_string(before.ms),
                                             std::to_string(before.sequence)};
    std::size_t count = 0;
    index_.for_each(revoked.subject, [&](std::span<const std::string> tags) {
        std::vector<redis::Command> commands;
        commands.reserve(tags.size());
        for (const std::string& tag : tags) {
            commands.emplace_back(end_before_script, keys_of(tag), arguments);
        }
        for (const redis::Reply& reply : parts_.pool.pipeline(commands)) {
            if (const auto family = reply.optional_text()) {
                ended_.with({*family, "revoked"}).increment();
                ++count;
            }
        }
    });
    return count;
}

std::int64_t RedisSessions::expires_at_ms(std::int64_t created_at_ms, std::int64_t used_at_ms) const {
    return std::min(created_at_ms + milliseconds(settings_.absolute_lifetime).count(),
                    used_at_ms + milliseconds(settings_.idle_lifetime).count());
}

std::int64_t RedisSessions::now_ms() const {
    return std::chrono::floor<milliseconds>(parts_.clock.now()).time_since_epoch().count();
}

}  // namespace twinfleet::driver_sessions
