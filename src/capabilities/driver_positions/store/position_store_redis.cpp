#include "capabilities/driver_positions/store/position_store_redis.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "capabilities/driver_positions/tracks/packed_position.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::driver_positions {
namespace {

/// At a position a second a bucket stays in the compact form of Redis (hash-max-listpack-entries, 512 as shipped),
/// which takes a third of the memory.
constexpr std::int64_t bucket_ms = 300'000;
/// Of a shard of latest positions that nobody writes to.
constexpr const char* idle_shard_ms = "3600000";
/// Bounds how much of a track is in memory at once.
constexpr std::size_t buckets_at_once_max = 32;

/// KEYS: quota, index, then a bucket for each group of positions. ARGV: now, burst_ms, position_ms, the oldest bucket
/// that is kept, when the index expires, then for each group its bucket's number, when that expires, how many texts
/// follow, and these: timestamp, position, ... Returns how many were new; less than 0: nothing was stored, and will not
/// be for so many milliseconds.
///
/// Each new position is paid for with position_ms of time, and up to burst_ms may be paid for ahead (the generic cell
/// rate algorithm, ITU-T I.371). What was there costs nothing, so that a batch can be sent again.
///
/// The quota outlives its use by a minute: who sends positions all the time finds it there, and it need not be made and
/// expire for each of them.
///
/// Only a new bucket has no expiry yet: it is the one that the index has to learn of. One time in eight, as the clock
/// falls, the index forgets those that have expired.
const redis::Script fill_track(R"lua(
local now = tonumber(ARGV[1])
local paid_until = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
local ahead = paid_until - now - tonumber(ARGV[2])
if ahead >= 0 then return -math.ceil(ahead + 1) end
local added, at = 0, 6
for i = 3, #KEYS do
    local last = at + 2 + tonumber(ARGV[at + 2])
    added = added + redis.call('HSET', KEYS[i], unpack(ARGV, at + 3, last))
    if redis.call('TTL', KEYS[i]) < 0 then
        redis.call('PEXPIREAT', KEYS[i], ARGV[at + 1])
        redis.call('ZADD', KEYS[2], ARGV[at], ARGV[at])
        redis.call('PEXPIREAT', KEYS[2], ARGV[5])
        if now % 8 == 0 then redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[4]) end
    end
    at = last + 1
end
if added > 0 then
    paid_until = math.ceil(paid_until + added * tonumber(ARGV[3]))
    redis.call('SET', KEYS[1], string.format('%d', paid_until), 'PX', string.format('%d', paid_until - now + 60000))
end
return added
)lua");
/// Lua's unpack() has a bound of about 8,000.
constexpr std::size_t positions_of_a_group_max = 2'000;

/// KEYS: geo, seen, ahead. ARGV: tag, timestamp, longitude, latitude, idle_shard_ms, now, overtaking_max.
///
/// A position from the future counts as one of now: else a phone whose clock is put right would be where it was until
/// that time has come. Those that come shortly after one another are told apart by what the phone said, so that batches
/// may race; not later ones, or a phone that is put right but for a second would still be where it was.
///
/// The shard's expiry is put off by drivers who come new, and by each six times in its length, rather than by every
/// position: that would be three writes more for each.
const redis::Script keep_latest(R"lua(
local stamp, now = tonumber(ARGV[2]), tonumber(ARGV[6])
local seen = redis.call('ZSCORE', KEYS[2], ARGV[1])
local known = seen
if seen and stamp > now and now - tonumber(seen) < tonumber(ARGV[7]) then
    known = redis.call('HGET', KEYS[3], ARGV[1]) or known
end
if known and tonumber(known) >= stamp then return 0 end
redis.call('ZADD', KEYS[2], stamp > now and ARGV[6] or ARGV[2], ARGV[1])
redis.call('GEOADD', KEYS[1], ARGV[3], ARGV[4], ARGV[1])
if stamp > now then
    redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
    redis.call('PEXPIRE', KEYS[3], ARGV[5])
else
    redis.call('HDEL', KEYS[3], ARGV[1])
end
local span = tonumber(ARGV[5]) / 6
if not seen or math.floor(seen / span) ~= math.floor(math.min(stamp, now) / span) then
    for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[5]) end
end
return 1
)lua");

/// KEYS: geo, seen, ahead. ARGV: longitude, latitude, radius, count. Five texts for each found: tag, distance,
/// longitude, latitude, timestamp. In a script, so that a position and its timestamp belong together.
const redis::Script find_nearest(R"lua(
local found = redis.call('GEOSEARCH', KEYS[1], 'FROMLONLAT', ARGV[1], ARGV[2], 'BYRADIUS', ARGV[3], 'm',
                         'ASC', 'COUNT', ARGV[4], 'WITHCOORD', 'WITHDIST')
local parts = {}
for i, item in ipairs(found) do
    local seen = redis.call('ZSCORE', KEYS[2], item[1])
    if seen then
        local n = #parts
        parts[n + 1], parts[n + 2], parts[n + 3], parts[n + 4], parts[n + 5] =
            item[1], item[2], item[3][1], item[3][2], seen
    end
end
return parts
)lua");
constexpr std::size_t parts_of_one = 5;

/// KEYS: geo, seen, ahead. ARGV: timestamp, count.
const redis::Script remove_old(R"lua(
local old = redis.call('ZRANGE', KEYS[2], '-inf', '(' .. ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
if #old > 0 then
    redis.call('ZREM', KEYS[1], unpack(old))
    redis.call('ZREM', KEYS[2], unpack(old))
    redis.call('HDEL', KEYS[3], unpack(old))
end
return #old
)lua");
/// Lua's unpack() has a bound of about 8,000.
constexpr std::size_t removed_at_once_max = 5'000;

/// KEYS: quota, index, buckets ... Returns how many positions the buckets held. Buckets that the index does not name
/// yet or any more were not asked for: they expire.
const redis::Script erase_track(R"lua(
local erased = 0
for i = 3, #KEYS do
    erased = erased + redis.call('HLEN', KEYS[i])
end
-- One by one: a track of months has more buckets than unpack() takes.
for i = 1, #KEYS do
    redis.call('UNLINK', KEYS[i])
end
return erased
)lua");

template <typename Number>
std::string text_of(Number number) {
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), number);
    return {text.data(), written.ptr};
}

template <typename Number>
Number number_of(const std::string& text) {
    Number number{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
        throw platform::StoreRefused("Redis", 0, "a number was expected");
    }
    return number;
}

std::int64_t milliseconds(platform::Time time) {
    return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

std::int64_t milliseconds(std::chrono::milliseconds duration) {
    return duration.count();
}

std::int64_t bucket_of(std::int64_t timestamp_ms) {
    return timestamp_ms / bucket_ms - (timestamp_ms % bucket_ms < 0 ? 1 : 0);
}

std::string track_key(std::string_view tag, std::int64_t bucket) {
    return "driver_track:{" + std::string(tag) + "}:" + std::to_string(bucket);
}

std::string index_key(std::string_view tag) {
    return "driver_track_index:{" + std::string(tag) + '}';
}

std::vector<std::string> shard_keys(std::string_view family, std::size_t shard) {
    const std::string place = "{" + std::string(family) + ":" + std::to_string(shard) + "}";
    return {"driver_geo:" + place, "driver_seen:" + place, "driver_ahead:" + place};
}

std::size_t first_byte_of(std::string_view tag) {
    unsigned byte = 0;
    const auto digits = tag.substr(0, 2);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
        throw std::invalid_argument("a tag begins with two hex digits");
    }
    return byte;
}

redis::Command fill_track_command(std::string_view tag, std::span<const Position> positions,
                                  const PositionSettings& settings, platform::Time now) {
    std::vector<const Position*> sorted;
    sorted.reserve(positions.size());
    for (const Position& position : positions) {
        sorted.push_back(&position);
    }
    std::ranges::stable_sort(sorted, {}, &Position::timestamp_ms);

    const double position_ms = 1'000 / settings.track_positions_per_s;
    std::vector<std::string> keys{"driver_track_quota:{" + std::string(tag) + "}", index_key(tag)};
    const std::int64_t newest_ms = std::max(milliseconds(now), sorted.empty() ? 0 : sorted.back()->timestamp_ms);
    std::vector<std::string> arguments{
        text_of(milliseconds(now)), text_of(static_cast<double>(settings.track_burst_positions) * position_ms),
        text_of(position_ms), text_of(bucket_of(milliseconds(now - settings.track_retention))),
        text_of((bucket_of(newest_ms) + 1) * bucket_ms + milliseconds(settings.track_retention))};
    arguments.reserve(arguments.size() + 2 * positions.size() + 6);
    for (auto position = sorted.begin(); position != sorted.end();) {
        const std::int64_t bucket = bucket_of((*position)->timestamp_ms);
        keys.push_back(track_key(tag, bucket));
        arguments.push_back(text_of(bucket));
        arguments.push_back(text_of((bucket + 1) * bucket_ms + milliseconds(settings.track_retention)));
        const std::size_t count_at = arguments.size();
        arguments.emplace_back();
        std::size_t count = 0;
        for (; position != sorted.end() && count < positions_of_a_group_max &&
               bucket_of((*position)->timestamp_ms) == bucket;
             ++position, ++count) {
            arguments.push_back(text_of((*position)->timestamp_ms));
            arguments.push_back(pack(**position));
        }
        arguments[count_at] = text_of(2 * count);
    }
    return redis::Command::calling(fill_track, std::move(keys), std::move(arguments));
}

bool is_searchable(GeoPoint point) {
    return std::abs(point.lat) < searchable_lat_max;
}

/// Redis would look at one side of the date line only from the end of its range.
double searchable_lon(GeoPoint point) {
    return point.lon >= 180 ? point.lon - 360 : point.lon;
}

/// The newest that can be found by a search; nullptr: none.
const Position* newest_searchable(std::span<const Position> positions, std::int64_t from_ms) {
    const Position* newest = nullptr;
    for (const Position& position : positions) {
        if (position.timestamp_ms >= from_ms && is_searchable(position.point) &&
            (newest == nullptr || position.timestamp_ms > newest->timestamp_ms)) {
            newest = &position;
        }
    }
    return newest;
}

redis::Command keep_latest_command(const Owner& owner, const Position& latest, const PositionSettings& settings,
                                   platform::Time now) {
    auto keys = shard_keys(owner.family, first_byte_of(owner.tag) % settings.shards);
    std::vector<std::string> arguments{owner.tag,
                                       text_of(latest.timestamp_ms),
                                       text_of(searchable_lon(latest.point)),
                                       text_of(latest.point.lat),
                                       std::string(idle_shard_ms),
                                       text_of(milliseconds(now)),
                                       text_of(overtaking_max.count())};
    return redis::Command::calling(keep_latest, std::move(keys), std::move(arguments));
}

/// `replies` are those to fill_track and, if it was sent, to keep_latest.
platform::Outcome<AddOutcome> outcome_of(std::span<const platform::Outcome<redis::Reply>> replies) {
    try {
        const std::int64_t added = replies.front().value().integer();
        // All of them must have been done.
        static_cast<void>(replies.back().value());
        if (added < 0) {
            return AddOutcome{.kind = AddOutcome::Kind::quota_used_up,
                              .retry_after = std::chrono::milliseconds(-added)};
        }
        return AddOutcome{.added = static_cast<std::size_t>(added)};
    } catch (const redis::OutOfMemory&) {
        return AddOutcome{.kind = AddOutcome::Kind::store_full};
    } catch (...) {
        return std::current_exception();
    }
}

/// The first `count_max` buckets that hold something of the span, from `first` on. Some of them may have expired.
std::vector<std::int64_t> filled_buckets(const redis::Pool& redis, std::string_view tag, std::int64_t first,
                                         std::int64_t last, std::size_t count_max) {
    const auto reply = redis.call(
        {"ZRANGE", index_key(tag), text_of(first), text_of(last), "BYSCORE", "LIMIT", "0", text_of(count_max)});
    std::vector<std::int64_t> buckets;
    buckets.reserve(reply.items().size());
    for (const auto& item : reply.items()) {
        buckets.push_back(number_of<std::int64_t>(item.text()));
    }
    return buckets;
}

/// How many buckets are worth reading for so many positions more, when those read so far held `found`. Never many more
/// than were read already, as the first one may hold less than the others.
std::size_t buckets_for(std::size_t wanted, std::size_t found, std::size_t buckets_read) {
    if (buckets_read == 0) {
        return 1;
    }
    const std::size_t expected = wanted * buckets_read / std::max<std::size_t>(found, 1) + 1;
    return std::min({expected, 2 * buckets_read, buckets_at_once_max});
}

/// Appends what a bucket holds of the span, sorted.
void append_bucket(std::vector<Position>& positions, const redis::Reply& reply, TimeSpan span) {
    const auto begin = static_cast<std::ptrdiff_t>(positions.size());
    const auto& items = reply.items();
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        const auto timestamp_ms = number_of<std::int64_t>(items[i].text());
        if (timestamp_ms < span.from_ms || timestamp_ms >= span.to_ms) {
            continue;
        }
        // What a later version wrote is for that version.
        if (auto position = unpack(items[i + 1].text(), timestamp_ms)) {
            positions.push_back(*position);
        }
    }
    std::ranges::sort(positions.begin() + begin, positions.end(), {}, &Position::timestamp_ms);
}

}  // namespace

RedisPositionStore::RedisPositionStore(const redis::Pool& redis, const PositionSettings& settings)
    : redis_(redis), settings_(settings) {
    if (settings_.shards == 0) {
        throw std::invalid_argument("latest positions need a shard");
    }
}

AddOutcome RedisPositionStore::add(const Owner& owner, std::span<const Position> positions, platform::Time now) {
    const Addition addition{.owner = owner, .positions = positions};
    return add_each({&addition, 1}, now).front().value();
}

std::vector<platform::Outcome<AddOutcome>> RedisPositionStore::add_each(std::span<const Addition> additions,
                                                                        platform::Time now) {
    std::vector<redis::Command> commands;
    commands.reserve(2 * additions.size());
    /// How many commands each of them has.
    std::vector<std::size_t> counts;
    counts.reserve(additions.size());
    for (const auto& [owner, positions] : additions) {
        const std::size_t before = commands.size();
        commands.push_back(fill_track_command(owner.tag, positions, settings_, now));
        if (const Position* latest = newest_searchable(positions, milliseconds(now - settings_.latest_age_max))) {
            commands.push_back(keep_latest_command(owner, *latest, settings_, now));
        }
        counts.push_back(commands.size() - before);
    }
    const auto replies = redis_.pipeline_each(commands);
    std::vector<platform::Outcome<AddOutcome>> outcomes;
    outcomes.reserve(additions.size());
    std::span rest(replies);
    for (const std::size_t count : counts) {
        outcomes.push_back(outcome_of(rest.first(count)));
        rest = rest.subspan(count);
    }
    return outcomes;
}

TrackPage RedisPositionStore::track(std::string_view tag, TimeSpan span, std::size_t limit) {
    TrackPage page;
    if (span.to_ms <= span.from_ms) {
        return page;
    }
    const std::int64_t last = bucket_of(span.to_ms - 1);
    // Each holds a position at least, but for the two at the ends, of which the span may leave nothing.
    const std::size_t buckets_max = limit + 3;
    std::size_t found = 0;
    std::size_t buckets_read = 0;
    for (std::int64_t first = bucket_of(span.from_ms); first <= last && page.positions.size() <= limit;) {
        const auto buckets = filled_buckets(redis_, tag, first, last, buckets_max);
        for (auto next = buckets.begin(); next != buckets.end() && page.positions.size() <= limit;) {
            const auto count = std::min(buckets_for(limit + 1 - page.positions.size(), found, buckets_read),
                                        static_cast<std::size_t>(buckets.end() - next));
            std::vector<redis::Command> commands;
            commands.reserve(count);
            for (std::size_t i = 0; i < count; ++i, ++next) {
                commands.push_back({"HGETALL", track_key(tag, *next)});
            }
            for (const auto& reply : redis_.pipeline(commands)) {
                found += reply.items().size() / 2;
                append_bucket(page.positions, reply, span);
            }
            buckets_read += count;
        }
        if (buckets.size() < buckets_max) {
            break;
        }
        first = buckets.back() + 1;
    }
    if (page.positions.size() > limit) {
        page.positions.resize(limit);
        page.has_more = true;
    }
    return page;
}

std::vector<LatestPosition> RedisPositionStore::search(std::string_view family, const Circle& circle,
                                                       std::size_t count_max) {
    if (!is_searchable(circle.centre) || count_max == 0) {
        return {};
    }
    const std::array arguments{text_of(searchable_lon(circle.centre)), text_of(circle.centre.lat),
                               text_of(circle.radius_m), text_of(count_max)};
    std::vector<redis::Command> commands;
    commands.reserve(settings_.shards);
    for (std::size_t shard = 0; shard < settings_.shards; ++shard) {
        commands.emplace_back(find_nearest, shard_keys(family, shard), arguments);
    }
    std::vector<LatestPosition> found;
    for (const auto& reply : redis_.pipeline(commands)) {
        const auto& parts = reply.items();
        for (std::size_t i = 0; i + parts_of_one <= parts.size(); i += parts_of_one) {
            found.push_back({.tag = parts[i].text(),
                             .point = {.lat = number_of<double>(parts[i + 3].text()),
                                       .lon = number_of<double>(parts[i + 2].text())},
                             .timestamp_ms = number_of<std::int64_t>(parts[i + 4].text()),
                             .distance_m = number_of<double>(parts[i + 1].text())});
        }
    }
    // While the number of shards changes a driver may be in two.
    std::ranges::sort(found,
                      [](const auto& left, const auto& right) { return left.timestamp_ms > right.timestamp_ms; });
    std::unordered_set<std::string> tags;
    std::erase_if(found, [&](const LatestPosition& position) { return !tags.insert(position.tag).second; });
    std::ranges::sort(found, [](const auto& left, const auto& right) {
        return std::tie(left.distance_m, left.tag) < std::tie(right.distance_m, right.tag);
    });
    if (found.size() > count_max) {
        found.resize(count_max);
    }
    return found;
}

std::size_t RedisPositionStore::remove_older(std::string_view family, std::size_t shard, std::int64_t before_ms,
                                             std::size_t count_max) {
    const std::array arguments{text_of(before_ms), text_of(std::min(count_max, removed_at_once_max))};
    return static_cast<std::size_t>(
        redis_.call(redis::Command(remove_old, shard_keys(family, shard), arguments)).integer());
}

std::size_t RedisPositionStore::erase(const Owner& owner) {
    std::vector<std::string> keys{"driver_track_quota:{" + owner.tag + "}", index_key(owner.tag)};
    const auto buckets = redis_.call({"ZRANGE", index_key(owner.tag), "0", "-1"});
    for (const auto& bucket : buckets.items()) {
        keys.push_back(track_key(owner.tag, number_of<std::int64_t>(bucket.text())));
    }
    std::vector<redis::Command> commands;
    commands.emplace_back(erase_track, keys, std::vector<std::string>());
    // In all shards: he may have been in another one while there were more or fewer of them.
    for (std::size_t shard = 0; shard < settings_.shards; ++shard) {
        const auto places = shard_keys(owner.family, shard);
        commands.push_back({"ZREM", places[0], owner.tag});
        commands.push_back({"ZREM", places[1], owner.tag});
        commands.push_back({"HDEL", places[2], owner.tag});
    }
    return static_cast<std::size_t>(redis_.pipeline(commands).front().integer());
}

}  // namespace twinfleet::driver_positions
