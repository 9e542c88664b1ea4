#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "apps/fleet_synchronizer/output/console.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::fleet_synchronizer {

/// Shows a person how far a run has come: on a terminal by a bar that is drawn at most ten times a second, elsewhere by
/// a line every 10 s (contract, section 3). Safe to use from several threads.
class Progress {
public:
    /// `title` names the run. `expected` is the approximate number of documents that the run reads; 0 when it is not
    /// known. The console and the clock outlive this.
    Progress(Console& console, const platform::Clock& clock, std::string title, std::uint64_t expected);
    /// Removes the bar.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Notes how many documents have been read. Writes nothing by itself.
    void update(std::uint64_t read);
    /// Draws the bar or writes the line, if enough time has passed since the last one.
    void tick();

private:
    // Constant after construction.
    Console& console_;
    const platform::Clock& clock_;
    const std::string title_;
    const std::uint64_t expected_;
    const std::chrono::nanoseconds started_at_;

    std::mutex mutex_;
    // Guarded by the mutex.
    std::uint64_t read_ = 0;
    std::chrono::nanoseconds next_at_;
};

/// The progress as a text. Parts that cannot be told are left out. Together with the bar the text fits into 80 columns:
///
///     45 %  1,234 of 2,700  340/s  0:05 left
[[nodiscard]] std::string progress_text(std::uint64_t read, std::uint64_t expected, std::chrono::nanoseconds elapsed);

/// The progress as a bar: `[####------]`.
[[nodiscard]] std::string progress_bar(std::uint64_t read, std::uint64_t expected);

/// Calls Progress::tick() from a thread of its own for as long as this object lives. The progress outlives this.
class ProgressTicker {
public:
    explicit ProgressTicker(Progress& progress);

private:
    std::jthread thread_;
};

}  // namespace twinfleet::fleet_synchronizer
