#include "capabilities/driver_sessions/revocation/revocations_redis.hpp"

#include <algorithm>
#include <utility>

#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_sessions {
namespace {

using std::chrono::milliseconds;

// All keys of the script have the same hash tag, so they are in one slot of a Redis Cluster.
constexpr std::string_view record_key = "driver_session_revocations:{driver_session_revocations}";

/// More than one, so that who comes while Redis is slow to answer others is not behind them.
constexpr std::size_t rounds_at_a_time = 4;

std::string note_key(std::string_view subject) {
    return "driver_session_revocation_note:{driver_session_revocations}:" + std::string(subject);
}

/// KEYS: the record, then the note of each subject. ARGV: how long an entry and how long a note is kept, the end of the
/// record as the caller knows it (ms, sequence), then each subject and its version (empty: to be written whatever the
/// note says). Returns the id of the last entry that was written; nil: none.
const redis::Script write_script(R"(
local keep_ms, note_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local end_ms, end_sequence = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- The server goes on from the newest entry that it has. One that has lost entries, and whose clock is behind, would
-- write before the end that callers have seen: sessions that began there would not be ended.
local function next_id()
    if end_ms < now_ms then
        return '*'
    end
    local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
    if newest then
        local ms, sequence = string.match(newest[1], '^(%d+)-(%d+)$')
        ms, sequence = tonumber(ms), tonumber(sequence)
        if ms > end_ms or (ms == end_ms and sequence >= end_sequence) then
            return '*'
        end
    end
    return string.format('%.0f-%.0f', end_ms, end_sequence + 1)
end

local last = false
for i = 2, #KEYS do
    local subject, version = ARGV[2 * i + 1], ARGV[2 * i + 2]
    if version == '' or redis.call('GET', KEYS[i]) ~= version then
        last = redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', math.max(0, now_ms - keep_ms)), next_id(),
                          'subject', subject)
        if version ~= '' then
            redis.call('SET', KEYS[i], version, 'PX', note_ms)
        end
    end
end
if last then
    redis.call('PEXPIRE', KEYS[1], keep_ms)
end
return last
)");

}  // namespace

RedisRevocations::RedisRevocations(const redis::Pool& pool, std::chrono::seconds keep_for, metrics::Registry& registry)
    : pool_(pool),
      joint_(rounds_at_a_time, [this](std::vector<redis::Command> commands) { return call_each(std::move(commands)); }),
      keep_for_(keep_for),
      size_gauge_(registry.gauge("driver_session_revocations",
                                 "Drivers, parks, phones and families whose earlier sessions are over")),
      pending_gauge_(registry.gauge("driver_session_revocations_pending",
                                    "Drivers and parks that stopped, which is not written to Redis yet")) {}

template <typename Ask>
auto RedisRevocations::asked(const Ask& ask) {
    try {
        return ask();
    } catch (const platform::StoreUnavailable&) {
        const std::unique_lock lock(mutex_);
        ++failures_;
        throw;
    }
}

redis::Reply RedisRevocations::call(const redis::Command& command) {
    if (pool_.is_cluster()) {
        // Alone: a node that hangs must hold up nobody who needs another one.
        return call_each({command}).front().value();
    }
    return joint_.call(command).value();
}

std::vector<platform::Outcome<redis::Reply>> RedisRevocations::call_each(std::vector<redis::Command> commands) {
    commands.push_back(entries_after(end()));
    return asked([&] {
        auto outcomes = pool_.pipeline_each(commands);
        // Of a cluster another node may be away than the one that has the record, of which nothing is lost then.
        take(outcomes.back().value());
        outcomes.pop_back();
        read_everything_if_needed();
        return outcomes;
    });
}

void RedisRevocations::ping() const {
    static_cast<void>(pool_.call({"EXISTS", record_key}));
}

Position RedisRevocations::now() {
    flush();
    asked([&] {
        take(pool_.call(entries_after(end())));
        read_everything_if_needed();
    });
    return end();
}

bool RedisRevocations::is_over(std::span<const std::string> subjects, const Position& since) const {
    const std::shared_lock lock(mutex_);
    return std::any_of(subjects.begin(), subjects.end(), [&](const std::string& subject) {
        const auto found = last_.find(subject);
        return found != last_.end() && found->second > since;
    });
}

Position RedisRevocations::end() const {
    const std::shared_lock lock(mutex_);
    return end_;
}

redis::Command RedisRevocations::entries_after(const Position& position) {
    return redis::Command{"XRANGE", record_key, '(' + to_text(position), "+", "COUNT"}.add(
        std::int64_t{entries_of_a_page});
}

std::vector<RedisRevocations::Entry> RedisRevocations::read_entries(const redis::Reply& reply) {
    std::vector<Entry> entries;
    entries.reserve(reply.items().size());
    for (const redis::Reply& item : reply.items()) {
        const auto position = parse_position(item.items().at(0).text());
        const auto& fields = item.items().at(1).items();
        if (!position || fields.size() != 2) {
            throw platform::StoreRefused("Redis", 0, "the record of revocations holds what is no entry");
        }
        entries.push_back({.position = *position, .subject = fields[1].text()});
    }
    return entries;
}

void RedisRevocations::take(const redis::Reply& page) {
    auto entries = read_entries(page);
    while (entries.size() == entries_of_a_page) {
        const Position last = entries.back().position;
        merge(std::move(entries));
        entries = read_entries(pool_.call(entries_after(last)));
    }
    if (!entries.empty()) {
        merge(std::move(entries));
    }
}

void RedisRevocations::read_everything_if_needed() {
    const auto counts = [this] {
        const std::shared_lock lock(mutex_);
        return std::pair(failures_, complete_since_);
    };
    const auto before = counts();
    if (before.first == before.second) {
        return;
    }
    std::unique_lock reading(reading_mutex_, std::defer_lock);
    const bool is_anything_known = before.second != 0;
    if (!is_anything_known) {
        reading.lock();
    } else if (!reading.try_lock()) {
        return;
    }
    // Another one may have read it meanwhile.
    const auto [failures, complete_since] = counts();
    if (failures != complete_since) {
        take(pool_.call(entries_after({})));
        const std::unique_lock lock(mutex_);
        complete_since_ = failures;
    }
}

void RedisRevocations::merge(std::vector<Entry> entries) {
    const std::unique_lock lock(mutex_);
    for (Entry& entry : entries) {
        end_ = std::max(end_, entry.position);
        Position& last = last_[std::move(entry.subject)];
        last = std::max(last, entry.position);
    }
    drop_what_is_too_old();
    size_ = last_.size();
    size_gauge_.set(static_cast<double>(last_.size()));
}

void RedisRevocations::drop_what_is_too_old() {
    const auto keep_ms = static_cast<std::uint64_t>(keep_for_.count());
    // Looking at all of them costs more than keeping them for a little longer.
    constexpr std::uint64_t drops_per_lifetime = 100;
    if (end_.ms < keep_ms || end_.ms - dropped_at_.ms < keep_ms / drops_per_lifetime) {
        return;
    }
    dropped_at_ = end_;
    std::erase_if(last_, [&](const auto& entry) { return entry.second.ms < end_.ms - keep_ms; });
}

Position RedisRevocations::write(std::span<const Pending> batch) {
    const Position known_end = end();
    Position last = known_end;
    for (std::size_t start = 0; start < batch.size(); start += subjects_of_a_write) {
        std::vector<std::string> keys{std::string(record_key)};
        std::vector<std::string> arguments{std::to_string(keep_for_.count()),
                                           std::to_string(milliseconds(note_lifetime).count()),
                                           std::to_string(known_end.ms), std::to_string(known_end.sequence)};
        for (const Pending& entry : batch.subspan(start, std::min(subjects_of_a_write, batch.size() - start))) {
            keys.push_back(note_key(entry.subject));
            arguments.push_back(entry.subject);
            arguments.push_back(entry.version ? std::to_string(*entry.version) : "");
        }
        const auto id = asked(
            [&] { return pool_.call_replicated(redis::Command(write_script, keys, arguments)).reply.optional_text(); });
        if (id) {
            last = parse_position(*id).value_or(last);
        }
    }
    return last;
}

Position RedisRevocations::revoke(std::span<const std::string> subjects) {
    std::vector<Pending> batch;
    batch.reserve(subjects.size());
    for (const std::string& subject : subjects) {
        batch.push_back({.subject = subject, .version = std::nullopt});
    }
    return write(batch);
}

void RedisRevocations::note(std::string subject, std::uint64_t version) {
    {
        const std::lock_guard lock(pending_mutex_);
        // Every step counts, or who is back where he was would pass for one who never left. Of many the last two tell.
        std::deque<std::uint64_t>& steps = pending_[std::move(subject)];
        if (steps.empty() || steps.back() != version) {
            steps.push_back(version);
        }
        if (steps.size() > 2) {
            steps.pop_front();
        }
        pending_gauge_.set(static_cast<double>(pending_.size()));
    }
    noted_.notify_all();
}

std::vector<RedisRevocations::Pending> RedisRevocations::pending() const {
    const std::lock_guard lock(pending_mutex_);
    std::vector<Pending> batch;
    for (const auto& [subject, steps] : pending_) {
        if (batch.size() + steps.size() > subjects_of_a_write) {
            break;
        }
        for (const std::uint64_t version : steps) {
            batch.push_back({.subject = subject, .version = version});
        }
    }
    return batch;
}

void RedisRevocations::flush() {
    if (pending().empty()) {
        return;
    }
    const std::lock_guard writing(flush_mutex_);
    for (auto batch = pending(); !batch.empty(); batch = pending()) {
        static_cast<void>(write(batch));
        const std::lock_guard lock(pending_mutex_);
        for (const Pending& entry : batch) {
            const auto found = pending_.find(entry.subject);
            if (found != pending_.end() && found->second.front() == entry.version) {
                found->second.pop_front();
                if (found->second.empty()) {
                    pending_.erase(found);
                }
            }
        }
        pending_gauge_.set(static_cast<double>(pending_.size()));
    }
}

bool RedisRevocations::wait_for_notes(const std::stop_token& stop) {
    std::unique_lock lock(pending_mutex_);
    return noted_.wait(lock, stop, [this] { return !pending_.empty(); });
}

}  // namespace twinfleet::driver_sessions
