#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock/clock.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/incremental_cache/cache_metrics.hpp"
#include "platform/incremental_cache/document_source.hpp"
#include "platform/incremental_cache/dump.hpp"
#include "platform/incremental_cache/pass_history.hpp"
#include "platform/incremental_cache/record_cache.hpp"
#include "platform/incremental_cache/settings.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::incremental_cache {

enum class PassOutcome : std::uint8_t {
    done,     ///< everything that was to be read is in the cache
    failed,   ///< the store was away or refused; the reason is in the log
    stopped,  ///< a stop was requested before the end
};

/// Keeps one cache in step with its collection.
///
/// An incremental pass reads what has changed since the position that the last one reached. A full pass, beside the
/// incremental ones on a connection of its own, reads everything: it finds documents without an `updated_ts`, and
/// removes those that are gone. A pass does not throw. One that fails is counted, logged unless the one before it
/// failed as well, and tried again; meanwhile the cache goes on serving what it has.
///
/// The owner of a cache calls load() first and then runs both loops, each on a thread of its own. A test calls the
/// steps of the loops instead.
class CacheUpdater {
public:
    /// What is passed by reference, `settings` apart, must outlive this. The names of the metrics begin with
    /// `metrics_prefix` (see cache_metrics.hpp).
    CacheUpdater(RecordCache& cache, DocumentSource& source, const Settings& settings, const platform::Clock& clock,
                 log::Logger& log, metrics::Registry& registry, const std::string& metrics_prefix);
    CacheUpdater(const CacheUpdater&) = delete;
    CacheUpdater& operator=(const CacheUpdater&) = delete;
    ~CacheUpdater();

    /// Fills the empty cache from its dump, if there is a usable one. Must be called once, before the loops.
    void load();
    /// Runs incremental passes, with quick ones between them, until `stop` is requested.
    void run_incremental_passes(const std::stop_token& stop);
    /// Runs full passes and writes dumps until `stop` is requested.
    void run_full_passes(const std::stop_token& stop);

    // The steps of these loops. A full pass may run beside one of the others, of which there is one at a time.

    PassOutcome incremental_pass(const std::stop_token& stop = {});
    /// Brings what was written just now sooner than the next incremental pass would: goes back by
    /// Settings::quick_overlap only. It says nothing about what becomes visible late, so the cache counts as no more
    /// complete than before.
    PassOutcome quick_pass(const std::stop_token& stop = {});
    PassOutcome full_pass(const std::stop_token& stop = {});
    /// Writes a dump. Returns false when writing failed, when no folder for dumps is set, or while the cache is not
    /// complete.
    bool write_dump();

    /// Reads the documents with these ids, without waiting for a pass, and puts them into the cache as a pass would. A
    /// pass that is under way, or another call, cannot bring back an older version (see RecordCache). Documents that do
    /// not exist are passed over; that a document is gone is found by a full pass. A document that changes again and
    /// again while it is read is left to the next incremental pass. Throws as DocumentSource does; what was read until
    /// then is in the cache. Safe to call from any thread, at any time after load().
    void read_now(std::span<const std::string> ids);

    /// Whether the cache has been filled, by one complete read or from a dump.
    [[nodiscard]] bool is_filled() const;
    /// Waits until the cache is filled. Returns false when `stop` was requested or `timeout` passed before.
    bool wait_until_filled(const std::stop_token& stop, std::chrono::milliseconds timeout) const;
    /// Whether the cache is not filled, complete_until() is longer than Settings::expiry ago, or none has succeeded
    /// since the process started. What a dump says may have changed while nobody was reading; the first pass brings
    /// everything that was written since.
    [[nodiscard]] bool is_stale() const;
    /// The time when the last incremental pass began that succeeded, less what the copy of the collection that it read
    /// was behind (Copy::behind): every document that was written before that time, with an `updated_ts`, is in the
    /// cache or kept aside. nullopt before the cache is filled, before the first such
    /// pass, and, after a start from a dump, until a full pass has found the documents that are to be kept aside.
    [[nodiscard]] std::optional<platform::Time> complete_until() const;
    /// The same without the last of these conditions: what was written before that time is in the cache, or is kept
    /// aside although is_kept_aside() may not know it yet.
    [[nodiscard]] std::optional<platform::Time> caught_up_until() const;
    /// How long it may take until a document that is written now is in this cache: PassHistory::bound() and
    /// Settings::ready_margin together.
    [[nodiscard]] std::chrono::milliseconds ready_in() const;

    /// The state of the cache, for people and metrics.
    struct Status {
        std::size_t size = 0;
        std::size_t bytes = 0;
        std::size_t kept_aside = 0;
        /// Time since complete_until(), or since the start of the process while there is none.
        double lag_seconds = 0;
        std::optional<platform::Time> last_incremental_at;
        std::optional<platform::Time> last_full_at;
        bool is_filled = false;
        bool is_stale = true;
    };
    [[nodiscard]] Status status() const;

private:
    struct State {
        std::optional<bson::ChangePosition> position;
        bool is_filled = false;
        /// Whether an incremental pass has succeeded since the process started.
        bool has_caught_up = false;
        /// The full pass is due at once: the dump is old, or lacks documents.
        bool needs_full_pass = true;
        /// The dump told of documents that were kept aside, not which: a full pass meets them again.
        bool lacks_kept_aside = false;
        std::optional<platform::Time> complete_until;
        /// As complete_until, by the clock that never jumps.
        std::optional<std::chrono::nanoseconds> complete_until_monotonic;
        /// Ends of passes.
        std::optional<platform::Time> last_incremental_at;
        std::optional<platform::Time> last_full_at;
        PassHistory history;
        /// Ids that were read and have to be read again. An incremental pass takes from its beginning, others add at
        /// its end.
        std::vector<std::string> undecided;
    };
    /// What one pass has met.
    struct Harvest {
        std::size_t changes = 0;
        /// Ids to be read again.
        std::vector<std::string> undecided;
    };

    struct Reached {
        /// From here the next incremental pass goes back, if this was one.
        bson::ChangePosition position;
        /// The store's time of when the read began.
        std::int64_t now_ms;
        /// How far the copy that was read was behind.
        std::chrono::milliseconds behind;
    };

    PassOutcome attempt(std::string_view mode, bool& is_failing, const std::function<bool()>& pass);
    [[nodiscard]] bson::ChangePosition position();
    /// Reads what has changed since the last position, going back by `overlap`. Returns nullopt when `stop` was
    /// requested.
    std::optional<Reached> read_changes(std::chrono::milliseconds overlap, Harvest& harvest,
                                        const std::stop_token& stop);
    /// Until shortly before the next incremental pass; the last one began at `since`.
    void run_quick_passes(std::chrono::nanoseconds since, const std::stop_token& stop);
    void take(bson::View document, const RecordCache::Read& read, Harvest& harvest);
    void settle(Harvest& harvest);
    void remove_what_is_gone(Harvest& harvest, const std::stop_token& stop);
    [[nodiscard]] bool is_stale(const State& state) const;
    void update_gauges();
    [[nodiscard]] std::chrono::nanoseconds full_pause();

    RecordCache& cache_;
    DocumentSource& source_;
    const Settings settings_;
    const platform::Clock& clock_;
    log::Logger& log_;
    CacheMetrics metrics_;
    const std::chrono::nanoseconds made_at_;

    mutable std::mutex mutex_;
    mutable std::condition_variable_any filled_;
    State state_;
    /// Held while the first position is asked for.
    std::mutex first_position_mutex_;

    // Of the thread of incremental passes.
    bool incremental_is_failing_ = false;
    /// The time, by the store's clock, before which everything written was visible to the last pass; nullopt before the
    /// first one.
    std::optional<std::int64_t> settled_until_ms_;
    // Of the thread of full passes.
    bool full_is_failing_ = false;
    bool dump_is_failing_ = false;

    /// How the registry finds this while it is there.
    std::shared_ptr<platform::Guarded<CacheUpdater*>> self_;
};

}  // namespace twinfleet::incremental_cache
