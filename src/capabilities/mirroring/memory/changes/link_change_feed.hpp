#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "capabilities/mirroring/memory/changes/link_changes.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::mirroring {

/// The limits of a LinkChangeFeed.
struct LinkChangeFeedSettings {
    /// How often changes are looked for while somebody waits for them.
    std::chrono::milliseconds poll_interval{200};
    /// The most callers that may wait, for changes or for their turn.
    std::size_t waiting_max = 1'000;
};

/// Reads changes of links for many callers, who may wait until there is one. However many wait, one thread works for
/// them, with one query for each entity at a time. Safe to use from any thread.
class LinkChangeFeed {
public:
    /// The references outlive this. Once `stop` is requested nobody waits any longer: all are answered with what there
    /// is, and that may be nothing. The same happens when this object ends.
    LinkChangeFeed(LinkChanges& changes, const platform::Clock& clock, const LinkChangeFeedSettings& settings = {},
                   std::stop_token stop = {});
    ~LinkChangeFeed();
    LinkChangeFeed(const LinkChangeFeed&) = delete;
    LinkChangeFeed& operator=(const LinkChangeFeed&) = delete;

    struct Question {
        /// One of entities(), so it outlives this.
        const Entity* entity = nullptr;
        /// As LinkChanges::read() takes them.
        std::optional<std::int64_t> after;
        std::size_t limit = 0;
        /// How long to wait for a change where there is none; 0: not at all.
        std::chrono::milliseconds wait{};
    };
    /// What LinkChanges::read() returned, or the exception that it threw.
    using Answer = std::optional<LinkChangesRead>;
    /// Called once for each accepted question, on another thread. Must not throw.
    using Done = std::function<void(const Answer& answer, const std::exception_ptr& failure)>;

    /// Accepts a question and returns true, or returns false and never calls `done` when too many wait. Does not block.
    [[nodiscard]] bool ask(const Question& question, Done done);

private:
    struct Waiter {
        Question question;
        Done done;
        /// By the monotonic clock.
        std::chrono::nanoseconds until{};
    };

    void work(const std::stop_token& stop);
    /// Answers those who can be answered or have waited long enough, and returns the others.
    [[nodiscard]] std::vector<Waiter> look(std::vector<Waiter> waiters);
    /// Reads for one waiter; false when there is nothing new and he still has time.
    [[nodiscard]] bool answer(Waiter& waiter);
    [[nodiscard]] bool has_time(const Waiter& waiter) const;

    LinkChanges& changes_;
    const platform::Clock& clock_;
    const LinkChangeFeedSettings settings_;
    const std::stop_token stop_;

    std::mutex mutex_;
    std::condition_variable_any came_;
    // Guarded by mutex_.
    std::vector<Waiter> new_;
    /// Those who are not answered yet, the new ones included.
    std::size_t waiting_ = 0;

    std::jthread thread_;
    std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace twinfleet::mirroring
