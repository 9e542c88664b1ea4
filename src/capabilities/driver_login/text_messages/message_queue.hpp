#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "capabilities/driver_login/text_messages/text_messages.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::driver_login {

struct MessageQueueSettings {
    std::size_t threads = 4;
    /// Messages that may wait for a thread.
    std::size_t waiting_max = 1'000;
    /// At the end, how long messages that wait are still sent; what is left then is dropped.
    std::chrono::milliseconds drain_timeout{3'000};
};

/// Sends messages in the background, so that who asked for a code learns nothing from the time that the answer takes:
/// whether a phone is known, too, is looked up only here, behind the queue (ASVS 5.0, 6.3.8: no enumeration of users).
///
/// Metric: driver_text_messages_total{outcome}: those of SendOutcome, `unknown_phone` and `dropped`.
class MessageQueue {
public:
    /// Throws what it likes; then the message fails.
    using IsKnown = std::function<bool(std::string_view phone)>;

    /// The others must outlive this. Throws std::invalid_argument for no thread or no room.
    MessageQueue(const MessageQueueSettings& settings, TextMessages& messages, IsKnown is_known,
                 metrics::Registry& registry, log::Logger& log);
    /// Ends as drain_timeout says.
    ~MessageQueue();
    MessageQueue(const MessageQueue&) = delete;
    MessageQueue& operator=(const MessageQueue&) = delete;

    [[nodiscard]] bool is_full() const;
    /// False when it was full or ending and the message was dropped.
    bool post(TextMessage message);
    /// Waits until nothing is queued and nothing being sent, for tests.
    void wait_until_idle();

private:
    void work(const std::stop_token& stop);
    void deliver(const TextMessage& message, const std::stop_token& stop);
    void count(std::string_view outcome) { outcomes_.with({outcome}).increment(); }

    // Constant after construction.
    const MessageQueueSettings settings_;
    TextMessages& messages_;
    const IsKnown is_known_;
    log::Logger& log_;
    metrics::Family<metrics::Counter>& outcomes_;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    // Guarded by mutex_.
    std::deque<TextMessage> waiting_;
    std::size_t sending_ = 0;
    std::chrono::steady_clock::time_point drain_until_ = std::chrono::steady_clock::time_point::max();
    bool is_ending_ = false;

    std::vector<std::jthread> threads_;
};

}  // namespace twinfleet::driver_login
