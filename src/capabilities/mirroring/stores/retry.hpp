#pragma once

#include <chrono>
#include <stop_token>

#include "platform/clock/clock.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::mirroring {

/// Repeats a call while a store is away, with pauses that grow from 50 ms to 2 s. For calls that may be repeated only.
/// Safe to use from several threads.
class Retry {
public:
    /// `timeout` is how long a store may be away. A stop ends the wait. `clock` and `log` outlive this.
    Retry(std::chrono::milliseconds timeout, const platform::Clock& clock, log::Logger& log, std::stop_token stop)
        : timeout_(timeout), clock_(clock), log_(log), stop_(std::move(stop)) {}

    /// Calls `action`, again and again while it throws platform::StoreUnavailable, and returns what it returns. Throws
    /// the last platform::StoreUnavailable when the store stayed away for longer than the timeout, or when a stop was
    /// requested meanwhile.
    template <typename Action>
    auto operator()(Action&& action) const {
        using std::chrono::milliseconds;
        platform::Backoff backoff(milliseconds(50), milliseconds(2'000));
        const auto deadline = clock_.monotonic() + timeout_;
        bool was_away = false;
        for (;;) {
            try {
                if constexpr (std::is_void_v<decltype(action())>) {
                    action();
                    say_back(was_away);
                    return;
                } else {
                    auto result = action();
                    say_back(was_away);
                    return result;
                }
            } catch (const platform::StoreUnavailable& away) {
                if (stop_.stop_requested()) {
                    throw;
                }
                const auto pause = backoff.next();
                if (clock_.monotonic() + pause > deadline) {
                    throw;
                }
                log_.warning("store is away, trying again", {{"store", away.store()}, {"reason", away.what()}});
                was_away = true;
                if (!platform::wait_for(stop_, pause)) {
                    throw;
                }
            }
        }
    }

private:
    void say_back(bool was_away) const {
        if (was_away) {
            log_.info("store is back");
        }
    }

    std::chrono::milliseconds timeout_;
    const platform::Clock& clock_;
    log::Logger& log_;
    std::stop_token stop_;
};

}  // namespace twinfleet::mirroring
