#include "capabilities/driver_login/text_messages/message_queue.hpp"

#include <exception>
#include <stdexcept>
#include <utility>

namespace twinfleet::driver_login {

namespace {

std::string_view name_of(MessageCeiling ceiling) {
    switch (ceiling) {
        case MessageCeiling::country:
            return "over_country_budget";
        case MessageCeiling::park:
            return "over_park_budget";
        case MessageCeiling::all:
        case MessageCeiling::none:
            break;
    }
    return "over_budget";
}

}  // namespace

MessageQueue::MessageQueue(const MessageQueueSettings& settings, TextMessages& messages, ParksOf parks_of,
                           LoginStore& store, const platform::Clock& clock, metrics::Registry& registry,
                           log::Logger& log)
    : settings_(settings),
      messages_(messages),
      parks_of_(std::move(parks_of)),
      store_(store),
      clock_(clock),
      log_(log),
      outcomes_(registry.counters("driver_text_messages_total",
                                  "Text messages with codes, by what became of them. Those to phones with which "
                                  "nobody may log in are never sent: unknown_phone.",
                                  {"outcome"})) {
    if (settings.threads == 0 || settings.waiting_max == 0 || settings.age_max.count() <= 0) {
        throw std::invalid_argument("a queue of text messages needs a thread, and room and time for a message");
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
        // Not one time-out after the other while the store is away.
        for (const auto& message : waiting_) {
            if (!give_back(message)) {
                break;
            }
        }
    }
}

bool MessageQueue::is_full() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size() >= settings_.waiting_max;
}

bool MessageQueue::post(CodeMessage message) {
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
    give_back(message);
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
        const CodeMessage message = std::move(waiting_.front());
        waiting_.pop_front();
        ++sending_;
        lock.unlock();
        deliver(message, stop);
        lock.lock();
        --sending_;
        changed_.notify_all();
    }
}

void MessageQueue::deliver(const CodeMessage& message, const std::stop_token& stop) {
    Fate fate{.outcome = to_string(SendOutcome::failed), .is_charged = false};
    try {
        fate = fate_of(message, stop);
        if (!fate.is_charged) {
            log_.warning("a text message was not sent", {{"outcome", fate.outcome}});
        }
    } catch (...) {
        // Whatever it says may hold the message.
        log_.error("a text message was not sent", {{"outcome", "exception"}});
    }
    if (!fate.is_charged) {
        give_back(message);
    }
    count(fate.outcome);
}

MessageQueue::Fate MessageQueue::fate_of(const CodeMessage& message, const std::stop_token& stop) {
    if (clock_.now() - message.receipt.added_at >= settings_.age_max) {
        return {"too_old", false};
    }
    const auto parks = parks_of_(message.message.phone);
    if (parks.empty()) {
        return {"unknown_phone", !is_gateway_failing_};
    }
    if (const auto ceiling = store_.count_message(message.count, parks, clock_.now());
        ceiling != MessageCeiling::none) {
        return {name_of(ceiling), false};
    }
    const SendOutcome outcome = messages_.send(message.message, stop);
    is_gateway_failing_ = outcome == SendOutcome::failed || outcome == SendOutcome::circuit_open;
    return {to_string(outcome), outcome == SendOutcome::sent};
}

bool MessageQueue::give_back(const CodeMessage& message) {
    try {
        store_.give_back(message.receipt);
        return true;
    } catch (const std::exception& failure) {
        log_.warning("a code that was not sent stays counted", {{"reason", failure.what()}});
        return false;
    }
}

}  // namespace twinfleet::driver_login
