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

enum class PassOutcome : std::uint8_t { done, failed, stopped };

/// Keeps one cache in step with its collection.
///
/// Incremental passes read what has changed since the watermark; a full pass, beside them on a connection of its own,
/// reads everything and finds what has no `updated_ts`, and what is gone. Neither throws: a pass that fails is counted,
/// logged when the one before it did not fail, and tried again; the cache goes on serving.
///
/// Who owns a cache calls load(), and then runs both loops, each on a thread of its own. A test calls the steps
/// instead.
class CacheUpdater {
public:
    /// All arguments outlive it.
    CacheUpdater(RecordCache& cache, DocumentSource& source, const Settings& settings, const platform::Clock& clock,
                 log::Logger& log, metrics::Registry& registry);
    CacheUpdater(const CacheUpdater&) = delete;
    CacheUpdater& operator=(const CacheUpdater&) = delete;
    ~CacheUpdater();

    /// Fills the empty cache from its dump, if there is a good one. To be called first and once.
    void load();
    void run_incremental_passes(const std::stop_token& stop);
    /// Full passes and dumps.
    void run_full_passes(const std::stop_token& stop);

    // The steps of these loops. An incremental and a full one may run at a time, not two of a kind.
    PassOutcome incremental_pass(const std::stop_token& stop = {});
    PassOutcome full_pass(const std::stop_token& stop = {});
    /// False: it failed, or there is no folder for it, or nothing complete to write.
    bool write_dump();

    /// Everything was read once, or came from a dump.
    [[nodiscard]] bool is_filled() const;
    /// False when `stop` or `timeout` came first.
    bool wait_until_filled(const std::stop_token& stop, std::chrono::milliseconds timeout) const;
    /// Not filled, or no incremental pass has begun, and succeeded, within the expiry.
    [[nodiscard]] bool is_stale() const;
    /// When the last incremental pass began that succeeded: what was written before that, with an `updated_ts`, is in
    /// the cache or kept aside. nullopt: not filled, or none yet, or what was kept aside is not known again yet.
    [[nodiscard]] std::optional<platform::Time> complete_until() const;
    /// PassHistory's bound, and the margin.
    [[nodiscard]] std::chrono::milliseconds ready_in() const;

    struct Status {
        std::size_t size = 0;
        std::size_t bytes = 0;
        std::size_t kept_aside = 0;
        /// Since complete_until, or since the start of the process while there is none.
        double lag_seconds = 0;
        std::optional<platform::Time> last_incremental_at;
        std::optional<platform::Time> last_full_at;
        bool is_filled = false;
        bool is_stale = true;
    };
    [[nodiscard]] Status status() const;

private:
    struct State {
        std::optional<Watermark> watermark;
        bool is_filled = false;
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
    };
    /// What one pass has met.
    struct Harvest {
        std::size_t changes = 0;
        /// Ids to be read again.
        std::vector<std::string> undecided;
    };

    PassOutcome attempt(std::string_view mode, bool& is_failing, const std::function<bool()>& pass);
    [[nodiscard]] Watermark watermark();
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
    /// Held while the first watermark is asked for.
    std::mutex first_watermark_mutex_;

    // Of the thread of incremental passes.
    bool incremental_is_failing_ = false;
    /// Left over from the last pass.
    std::vector<std::string> undecided_;
    /// By the store's clock: what was written before has been visible to the last pass. nullopt: none yet.
    std::optional<std::int64_t> settled_until_ms_;
    // Of the thread of full passes.
    bool full_is_failing_ = false;
    bool dump_is_failing_ = false;

    /// How the registry finds this while it is there.
    std::shared_ptr<platform::Guarded<CacheUpdater*>> self_;
};

}  // namespace twinfleet::incremental_cache
