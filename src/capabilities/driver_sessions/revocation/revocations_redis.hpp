#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capabilities/driver_sessions/revocation/position.hpp"
#include "platform/concurrency/joint_calls.hpp"
#include "platform/errors/outcome.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_sessions {

/// The record of what has ended: "whatever began before this entry, and is about that subject, is over". It does for
/// sessions that nobody uses, and for thousands of them at once, what ending each of them could not.
///
/// The record is a Redis stream, `driver_session_revocations:{driver_session_revocations}`, with an entry for each
/// revocation. A session keeps the place in the record up to which everything was known when it began, and is over when
/// a later entry is about it. So the order of the entries decides, and no clock of a replica.
///
/// Every replica holds the record in memory: of each subject the last entry. Whoever asks Redis for something anyhow
/// asks for the new entries in the same round trip (call()), and those who ask together ask for them once
/// (call_each()), so that a revocation counts on every replica from the moment at which it is in the record. Only one
/// who finds more than entries_of_a_page of them has to ask again.
///
/// The record is bounded: entries older than `keep_for`, the longest that a session can live, are dropped, here and
/// there. An entry takes about 100 bytes. When Redis was away, everything is read again, by one caller while the others
/// go on with what is known, since the server that answers then may be another one, which has lost entries or goes by
/// an earlier clock. What this replica has read, it does not forget with it.
///
/// Metrics:
/// - driver_session_revocations: subjects in memory
/// - driver_session_revocations_pending: what note() was told and is not in Redis yet
///
/// Safe to use from any thread.
class RedisRevocations {
public:
    /// `pool` and `registry` must outlive this object.
    RedisRevocations(const redis::Pool& pool, std::chrono::seconds keep_for, metrics::Registry& registry);
    RedisRevocations(const RedisRevocations&) = delete;
    RedisRevocations& operator=(const RedisRevocations&) = delete;

    // Reading. Each of these throws what redis::Pool::call() throws.

    /// Sends `command` and reads what is new in the record. Returns the reply to `command`. Whatever was in the record
    /// when the command was carried out is known afterwards. Callers who come while others wait for a
    /// single Redis ask together; in a cluster each asks for himself, as the nodes may be differently well.
    [[nodiscard]] redis::Reply call(const redis::Command& command);
    /// As call(), for the commands of many requests: one read of the record serves all of them. Throws when the record
    /// could not be read; then the replies are of no use.
    [[nodiscard]] std::vector<platform::Outcome<redis::Reply>> call_each(std::vector<redis::Command> commands);
    /// Writes what note() was told, reads what is new, and returns the end of the record. What begins now is not ended
    /// by anything that this replica has seen up to now.
    [[nodiscard]] Position now();
    /// Asks whether the record can be read; throws if it cannot.
    void ping() const;
    /// Whether one of the subjects has an entry after `since`. Asks nobody: it goes by what has been read.
    [[nodiscard]] bool is_over(std::span<const std::string> subjects, const Position& since) const;
    /// Whether is_over() is false for every subject, whatever `since` is.
    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }

    // Writing.

    /// Adds an entry for each of the subjects, and returns the place of the last one. Up to subjects_of_a_write of them
    /// are added in one step. Throws what redis::Pool::call() throws.
    Position revoke(std::span<const std::string> subjects);
    /// Remembers that a subject is to have an entry because of a document that was seen in this version, and returns at
    /// once. flush() writes it. Of all replicas that see the version within note_lifetime, only the first one makes an
    /// entry, so that a later one does not end what has begun since. What is remembered is bounded by the number of
    /// drivers and parks: the last version of each subject.
    void note(std::string subject, std::uint64_t version);
    static constexpr std::chrono::hours note_lifetime{24};
    /// Writes everything that note() was told before. Throws what redis::Pool::call() throws; what was not written is
    /// kept for the next call.
    void flush();
    /// Waits until something is to be flushed, and returns true. Returns false when `stop` was requested and nothing
    /// is.
    bool wait_for_notes(const std::stop_token& stop);

    static constexpr std::size_t entries_of_a_page = 1'000;
    static constexpr std::size_t subjects_of_a_write = 256;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    struct Entry {
        Position position;
        std::string subject;
    };
    /// An entry that is to be written. Without a version it is written whatever is there.
    struct Pending {
        std::string subject;
        std::optional<std::uint64_t> version;
    };

    [[nodiscard]] Position end() const;
    [[nodiscard]] static redis::Command entries_after(const Position& position);
    [[nodiscard]] static std::vector<Entry> read_entries(const redis::Reply& reply);
    /// Takes a page of entries, and reads those behind it if there are any.
    void take(const redis::Reply& page);
    /// Reads everything if that is to be done, and nobody else is at it.
    void read_everything_if_needed();
    void merge(std::vector<Entry> entries);
    void drop_what_is_too_old();
    Position write(std::span<const Pending> batch);
    [[nodiscard]] std::vector<Pending> pending() const;
    /// Returns what `ask` returns. When the store is away, everything is to be read again.
    template <typename Ask>
    auto asked(const Ask& ask);

    // Constant after construction.
    const redis::Pool& pool_;
    /// Of call().
    platform::JointCalls<redis::Command, platform::Outcome<redis::Reply>> joint_;
    const std::chrono::milliseconds keep_for_;
    metrics::Gauge size_gauge_;
    metrics::Gauge pending_gauge_;

    mutable std::shared_mutex mutex_;
    // Guarded by mutex_.
    std::unordered_map<std::string, Position, Hash, std::equal_to<>> last_;
    Position end_;
    /// The end when what was too old was dropped the last time.
    Position dropped_at_;
    /// How often Redis was away, and what that was when everything was read the last time; 0: never.
    std::uint64_t failures_ = 1;
    std::uint64_t complete_since_ = 0;

    std::atomic<std::size_t> size_ = 0;
    /// Held by the one who reads everything.
    std::mutex reading_mutex_;

    /// Held while what is pending is written. It is pending until it is in Redis, so that whoever flushes waits for
    /// what another one is writing.
    std::mutex flush_mutex_;
    mutable std::mutex pending_mutex_;
    std::condition_variable_any noted_;
    // Guarded by pending_mutex_.
    /// By subject, what was noted and is not written yet, in order.
    std::unordered_map<std::string, std::deque<std::uint64_t>> pending_;
};

}  // namespace twinfleet::driver_sessions
