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

/// How far a run has come, for a person: on a terminal a bar that is redrawn at most ten times a second, elsewhere a
/// line every 10 s (contract, section 3).
class Progress {
public:
    /// `expected`: how many documents there are to read, approximately; 0: nobody knows.
    Progress(Console& console, const platform::Clock& clock, std::string title, std::uint64_t expected);
    /// Takes the bar away.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// From any thread; writes nothing.
    void update(std::uint64_t read);
    /// Writes if it is time to.
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

/// `45 %  1,234 of 2,700  340/s  0:05 left`; what cannot be told is left out. Short enough, bar included, for 80
/// columns.
[[nodiscard]] std::string progress_text(std::uint64_t read, std::uint64_t expected, std::chrono::nanoseconds elapsed);

/// `[####------]`
[[nodiscard]] std::string progress_bar(std::uint64_t read, std::uint64_t expected);

/// Ticks in the background for as long as it lives.
class ProgressTicker {
public:
    explicit ProgressTicker(Progress& progress);

private:
    std::jthread thread_;
};

}  // namespace twinfleet::fleet_synchronizer
