#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "platform/clock/clock.hpp"
#include "platform/concurrency/circuit_breaker.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::driver_cache {

struct NewcomerSettings {
    /// How long a request waits until a newcomer is read.
    std::chrono::milliseconds wait{200};
    /// A driver who was looked for is not read again before that.
    std::chrono::milliseconds repeat_after{1'000};
    /// After so many reads in a row that failed, nothing is read for so long.
    platform::CircuitBreaker::Settings circuit{.failures_max = 3, .open_for = std::chrono::milliseconds(5'000)};
};

/// Reads newcomers (newcomers.hpp) on a thread of its own, one batch at a time: whoever comes while a read is under way
/// is in the next one, so that a thousand who come at once cost few queries, and the store has never more than one.
/// When too many wait, when the store is slow or its circuit is open, callers are not kept waiting.
///
/// Metrics:
/// - driver_cache_newcomers_total{why,outcome}: drivers that were to be read. `why` is `login`, `news` (another replica
///   tells of him) or `profile` (somebody asks for his); `outcome` is `read`, `failed`, `late` (nobody waited for it
///   any longer; not for news) or `refused` (too many wait, or he was looked for a moment ago)
/// - driver_cache_newcomer_read_seconds: the duration of the reads that succeeded, each of a batch
class NewcomerReader {
public:
    /// Reads these drivers into the directory; throws when that fails. Called on the reader's thread.
    using Read = std::function<void(std::span<const std::string> driver_ids)>;

    /// `clock`, `registry` and `log` must outlive this.
    NewcomerReader(const NewcomerSettings& settings, Read read, const platform::Clock& clock,
                   metrics::Registry& registry, log::Logger& log);
    NewcomerReader(const NewcomerReader&) = delete;
    NewcomerReader& operator=(const NewcomerReader&) = delete;
    /// Waits for a read that is under way.
    ~NewcomerReader() = default;

    /// As Newcomers::announce() and look_for(), but for this replica alone.
    bool take_in(std::string_view driver_id);
    bool look_for(std::string_view driver_id);
    /// Has these drivers read, of whom another replica tells, without waiting for it. Those that find no room are
    /// passed over.
    void note(std::span<const std::string> driver_ids);

    /// The most drivers that wait for the next read, and that are remembered as looked for.
    static constexpr std::size_t waiting_max = 1'000;

private:
    enum class Outcome : std::uint8_t { pending, read, failed };
    struct Batch {
        std::set<std::string, std::less<>> ids;
        /// How many drivers of news it was asked for.
        std::size_t news = 0;
        Outcome outcome = Outcome::pending;
    };

    void run(const std::stop_token& stop);
    [[nodiscard]] bool read(const std::vector<std::string>& ids);
    [[nodiscard]] bool wait_for(std::unique_lock<std::mutex>& lock, std::string_view driver_id, std::string_view why);
    void count(std::string_view why, std::string_view outcome, std::size_t drivers = 1);

    // The caller holds the mutex.

    /// Adds him to the next batch; false when there is no room.
    [[nodiscard]] bool add(std::string_view driver_id);
    /// Whether he was looked for a moment ago, or so many were that he has to be passed over; if not, he is now.
    [[nodiscard]] bool was_looked_for(std::string_view driver_id);

    // Constant after construction.
    const NewcomerSettings settings_;
    const Read read_;
    const platform::Clock& clock_;
    log::Logger& log_;
    metrics::Family<metrics::Counter>& newcomers_;
    metrics::Histogram read_seconds_;

    // Of the thread.
    platform::CircuitBreaker circuit_;
    bool is_failing_ = false;

    std::mutex mutex_;
    std::condition_variable_any changed_;
    // Guarded by mutex_.
    std::shared_ptr<Batch> next_ = std::make_shared<Batch>();
    /// When the read began that is under way.
    std::optional<std::chrono::nanoseconds> reading_since_;
    /// When each of them was looked for.
    std::map<std::string, std::chrono::nanoseconds, std::less<>> looked_for_;

    std::jthread thread_;
};

}  // namespace twinfleet::driver_cache
