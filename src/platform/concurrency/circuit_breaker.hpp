#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace twinfleet::platform {

/// Spares a peer that is down, and those who would wait for its answers. After failures_max failures in a row the
/// circuit is open: nobody asks the peer for open_for. Then one caller may (the circuit is half-open), and the outcome
/// closes the circuit or opens it for as long again. Safe to use from any thread. Times are monotonic.
class CircuitBreaker {
public:
    struct Settings {
        std::uint32_t failures_max = 5;
        std::chrono::milliseconds open_for{30'000};
    };
    explicit CircuitBreaker(const Settings& settings) : settings_(settings) {}

    /// The leave to ask the peer once. To be given back by one of the three functions below.
    class Entry {
        friend class CircuitBreaker;
        explicit Entry(std::uint64_t trial) : trial_(trial) {}
        /// The number of the trial that the caller makes while the circuit is half-open; 0: the circuit was closed.
        std::uint64_t trial_;
    };

    /// nullopt: the peer is not to be asked now.
    [[nodiscard]] std::optional<Entry> try_enter(std::chrono::nanoseconds now);
    /// The peer answered. While the circuit is open, only the answer to the trial closes it.
    void succeeded(Entry entry);
    /// The peer failed. While the circuit is open, only the trial counts: what began before says nothing new.
    void failed(Entry entry, std::chrono::nanoseconds now);
    /// The peer was not asked after all, or its answer not waited for, so nothing is known of it. If this was the
    /// trial, the next caller may make it.
    void left(Entry entry);
    /// Half-open counts as open.
    [[nodiscard]] bool is_open() const;

private:
    [[nodiscard]] bool is_the_trial(Entry entry) const { return trial_ != 0 && entry.trial_ == trial_; }

    const Settings settings_;

    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::uint32_t failures_ = 0;
    bool is_open_ = false;
    std::uint64_t trials_ = 0;
    /// The trial that is under way; 0: none.
    std::uint64_t trial_ = 0;
    std::chrono::nanoseconds open_until_{};
};

}  // namespace twinfleet::platform
