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
    /// How long messages that wait are still sent when the queue ends. Those that are left then are dropped.
    std::chrono::milliseconds drain_timeout{3'000};
};

/// Sends text messages in the background. Whoever asks for a code must not learn from the time that the answer takes
/// whether a driver has the phone, so even that is looked up only here, on a thread of the queue (ASVS 5.0, 6.3.8: no
/// enumeration of users). Safe to use from any thread.
///
/// Metric: driver_text_messages_total{outcome}, where `outcome` is the name of a SendOutcome, `unknown_phone` or
/// `dropped`.
class MessageQueue {
public:
    /// Whether a driver has the phone. It may throw anything; the message then counts as `failed`.
    using IsKnown = std::function<bool(std::string_view phone)>;

    /// `messages`, `registry` and `log` must outlive this object. Throws std::invalid_argument when `settings` have no
    /// thread, or no room for a message.
    MessageQueue(const MessageQueueSettings& settings, TextMessages& messages, IsKnown is_known,
                 metrics::Registry& registry, log::Logger& log);
    /// Sends what waits for as long as drain_timeout allows, and drops the rest.
    ~MessageQueue();
    MessageQueue(const MessageQueue&) = delete;
    MessageQueue& operator=(const MessageQueue&) = delete;

    [[nodiscard]] bool is_full() const;
    /// False when the queue is full or ending; the message is dropped then.
    bool post(TextMessage message);
    /// For tests: waits until no message is waiting or being sent.
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
