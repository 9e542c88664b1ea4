#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "capabilities/driver_login/store/login_store.hpp"
#include "capabilities/driver_login/text_messages/text_messages.hpp"
#include "platform/clock/clock.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::driver_login {

struct MessageQueueSettings {
    std::size_t threads = 4;
    /// Messages that may wait for a thread.
    std::size_t waiting_max = 1'000;
    /// A message that has waited for so long is dropped rather than sent late: its driver has asked for another one.
    std::chrono::milliseconds age_max{120'000};
    /// How long messages that wait are still sent when the queue ends. Those that are left then are dropped.
    std::chrono::milliseconds drain_timeout{3'000};
};

/// A text message with a code, and what it counts against.
struct CodeMessage {
    TextMessage message;
    /// Given back when the message does not reach the phone.
    CodeReceipt receipt;
    MessageCount count;
};

/// Sends text messages in the background. Whoever asks for a code must not learn from the time that the answer takes
/// whether a driver has the phone, so even that is looked up only here, on a thread of the queue (ASVS 5.0, 6.3.8: no
/// enumeration of users). Safe to use from any thread.
///
/// A message goes only to a phone with which somebody may log in, within the budgets of MessageLimits, and while it is
/// young (age_max). One that is not sent, whatever the reason, costs the phone nothing: its code is given back
/// (LoginStore::give_back()). While the gateway fails, codes of phones with which nobody may log in are given back as
/// well, so that they cannot be told from the others.
///
/// Metric: driver_text_messages_total{outcome}, where `outcome` is the name of a SendOutcome, `unknown_phone`,
/// `dropped`, `too_old`, or the budget that was used up: `over_budget`, `over_country_budget`, `over_park_budget`.
class MessageQueue {
public:
    /// The ids of the parks that somebody with this phone may log in to; none: nobody may. It may throw anything; the
    /// message then counts as `failed`.
    using ParksOf = std::function<std::vector<std::string>(std::string_view phone)>;

    /// `messages`, `store`, `clock`, `registry` and `log` must outlive this object. Throws std::invalid_argument when
    /// `settings` have no thread, no room for a message, or no time for it.
    MessageQueue(const MessageQueueSettings& settings, TextMessages& messages, ParksOf parks_of, LoginStore& store,
                 const platform::Clock& clock, metrics::Registry& registry, log::Logger& log);
    /// Sends what waits for as long as drain_timeout allows, and drops the rest.
    ~MessageQueue();
    MessageQueue(const MessageQueue&) = delete;
    MessageQueue& operator=(const MessageQueue&) = delete;

    [[nodiscard]] bool is_full() const;
    /// False when the queue is full or ending; the message is dropped then, and its code given back.
    bool post(CodeMessage message);
    /// For tests: waits until no message is waiting or being sent.
    void wait_until_idle();

private:
    void work(const std::stop_token& stop);
    void deliver(const CodeMessage& message, const std::stop_token& stop);
    /// What became of it: the name for the metric, and whether the phone is to be charged for it.
    struct Fate {
        std::string_view outcome;
        bool is_charged;
    };
    [[nodiscard]] Fate fate_of(const CodeMessage& message, const std::stop_token& stop);
    /// False when the store is away.
    bool give_back(const CodeMessage& message);
    void count(std::string_view outcome) { outcomes_.with({outcome}).increment(); }

    // Constant after construction.
    const MessageQueueSettings settings_;
    TextMessages& messages_;
    const ParksOf parks_of_;
    LoginStore& store_;
    const platform::Clock& clock_;
    log::Logger& log_;
    metrics::Family<metrics::Counter>& outcomes_;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    // Guarded by mutex_.
    std::deque<CodeMessage> waiting_;
    std::size_t sending_ = 0;
    std::chrono::steady_clock::time_point drain_until_ = std::chrono::steady_clock::time_point::max();
    bool is_ending_ = false;

    /// Whether the last message that was handed to the gateway failed.
    std::atomic<bool> is_gateway_failing_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace twinfleet::driver_login
