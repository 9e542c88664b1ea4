#pragma once

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include <signal.h>

namespace twinfleet::process {

/// Makes a stop token of SIGINT and SIGTERM. A second signal ends the process at once with exit code 130, whatever it
/// is doing. Signals within `same_stop` of the first one do not count as a second: timeout(1) and terminals signal a
/// process and its group, so that one stop may arrive twice.
///
/// To be constructed first thing in main, before any other thread: threads inherit that these signals are blocked.
class StopSignals {
public:
    explicit StopSignals(std::chrono::milliseconds same_stop = std::chrono::seconds(1));
    /// Restores what signals did before.
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }
    /// For a stop that has another reason than a signal.
    [[nodiscard]] std::stop_source& source() noexcept { return source_; }
    /// Returns when a stop was requested.
    void wait() const;
    /// SIGINT or SIGTERM, whichever came first; 0 when none has come.
    [[nodiscard]] int received() const noexcept { return received_; }

private:
    void listen();

    const std::chrono::milliseconds same_stop_;
    std::stop_source source_;
    std::atomic<int> received_ = 0;
    std::atomic<bool> closing_ = false;
    sigset_t watched_;
    sigset_t mask_before_;
    std::jthread listener_;
};

}  // namespace twinfleet::process
