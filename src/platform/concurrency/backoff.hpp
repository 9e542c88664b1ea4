#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stop_token>

namespace twinfleet::platform {

/// Waits until `duration` has passed or a stop is asked for; true when it was not stopped.
inline bool wait_for(std::stop_token stop, std::chrono::nanoseconds duration) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
}

/// Waits until a stop is asked for.
inline void wait_for_stop(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait(lock, stop, [] { return false; });
}

/// Delays between attempts. They double from `first` to `longest`, and each is drawn evenly from its upper half ("equal
/// jitter"), so that those who failed together do not all come back together.
class Backoff {
public:
    Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
        : first_(first), longest_(longest), current_(first) {}

    /// The delay before the next attempt.
    [[nodiscard]] std::chrono::milliseconds next() {
        const auto upper = current_;
        current_ = std::min(current_ * 2, longest_);
        std::uniform_int_distribution<std::int64_t> spread(upper.count() / 2, upper.count());
        return std::chrono::milliseconds(spread(random_));
    }
    /// After a success: begins with `first` again.
    void reset() { current_ = first_; }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds longest_;
    std::chrono::milliseconds current_;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace twinfleet::platform
