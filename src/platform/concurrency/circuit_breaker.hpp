#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace twinfleet::platform {

/// Spares a peer that is down, and those who wait for it: after failures_max failures in a row nobody asks for
/// open_for; then one does (half-open), and its outcome closes the circuit or opens it for as long again. Safe to use
/// from any thread. Times are monotonic.
class CircuitBreaker {
public:
    struct Settings {
        std::uint32_t failures_max = 5;
        std::chrono::milliseconds open_for{30'000};
    };
    explicit CircuitBreaker(const Settings& settings) : settings_(settings) {}

    /// Whether to ask now. Whoever was told so says how it went, once, by one of the three functions below.
    [[nodiscard]] bool try_enter(std::chrono::nanoseconds now);
    void succeeded();
    void failed(std::chrono::nanoseconds now);
    /// The peer was not asked after all, or its answer not waited for: nothing is known of it. The next one may ask.
    void left();
    /// Half-open counts as open.
    [[nodiscard]] bool is_open() const;

private:
    const Settings settings_;

    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::uint32_t failures_ = 0;
    bool is_open_ = false;
    bool is_tried_ = false;
    std::chrono::nanoseconds open_until_{};
};

}  // namespace twinfleet::platform
