#include "capabilities/driver_login/text_messages/message_queue.hpp"

#include <stdexcept>
#include <utility>

namespace twinfleet::driver_login {

MessageQueue::MessageQueue(const MessageQueueSettings& settings, TextMessages& messages, IsKnown is_known,
                           metrics::Registry& registry, log::Logger& log)
    : settings_(settings),
      messages_(messages),
      is_known_(std::move(is_known)),
      log_(log),
      outcomes_(
          registry.counters("driver_text_messages_total",
                            "Text messages with codes, by what became of them. Those to phones that no driver has "
                            "are never sent: unknown_phone.",
                            {"outcome"})) {
    if (settings.threads == 0 || settings.waiting_max == 0) {
        throw std::invalid_argument("a queue of text messages needs a thread and room for a message");
    }
    for (std::size_t i = 0; i < settings.threads; ++i) {
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
}

MessageQueue::~MessageQueue() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
        drain_until_ = std::chrono::steady_clock::now() + settings_.drain_timeout;
    }
    for (auto& thread : threads_) {
        thread.request_stop();
    }
    threads_.clear();
    if (!waiting_.empty()) {
        outcomes_.with({"dropped"}).increment(static_cast<double>(waiting_.size()));
        log_.warning("text messages were dropped at the end", {{"messages", waiting_.size()}});
    }
}

bool MessageQueue::is_full() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size() >= settings_.waiting_max;
}

bool MessageQueue::post(TextMessage message) {
    {
        const std::lock_guard lock(mutex_);
        if (!is_ending_ && waiting_.size() < settings_.waiting_max) {
            waiting_.push_back(std::move(message));
            changed_.notify_all();
            return true;
        }
    }
    count("dropped");
    log_.warning("a text message was dropped: too many wait");
    return false;
}

void MessageQueue::wait_until_idle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty() && sending_ == 0; });
}

void MessageQueue::work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
        // After a stop it goes on until nothing waits.
        if (waiting_.empty() || std::chrono::steady_clock::now() >= drain_until_) {
            return;
        }
        const TextMessage message = std::move(waiting_.front());
        waiting_.pop_front();
        ++sending_;
        lock.unlock();
        deliver(message, stop);
        lock.lock();
        --sending_;
        changed_.notify_all();
    }
}

void MessageQueue::deliver(const TextMessage& message, const std::stop_token& stop) {
    try {
        if (!is_known_(message.phone)) {
            count("unknown_phone");
            return;
        }
        const SendOutcome outcome = messages_.send(message, stop);
        count(to_string(outcome));
        if (outcome != SendOutcome::sent) {
            log_.warning("a text message was not sent", {{"outcome", to_string(outcome)}});
        }
    } catch (...) {
        // Whatever it says may hold the message.
        count(to_string(SendOutcome::failed));
        log_.error("a text message was not sent", {{"outcome", "exception"}});
    }
}

}  // namespace twinfleet::driver_login
