#include "platform/concurrency/circuit_breaker.hpp"

namespace twinfleet::platform {

std::optional<CircuitBreaker::Entry> CircuitBreaker::try_enter(std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    if (!is_open_) {
        return Entry(0);
    }
    if (trial_ != 0 || now < open_until_) {
        return std::nullopt;
    }
    trial_ = ++trials_;
    return Entry(trial_);
}

void CircuitBreaker::succeeded(Entry entry) {
    const std::lock_guard lock(mutex_);
    if (is_open_ && !is_the_trial(entry)) {
        return;
    }
    failures_ = 0;
    is_open_ = false;
    trial_ = 0;
}

void CircuitBreaker::failed(Entry entry, std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    if (is_open_ && !is_the_trial(entry)) {
        return;
    }
    ++failures_;
    if (is_open_ || failures_ >= settings_.failures_max) {
        is_open_ = true;
        trial_ = 0;
        open_until_ = now + settings_.open_for;
    }
}

void CircuitBreaker::left(Entry entry) {
    const std::lock_guard lock(mutex_);
    if (is_the_trial(entry)) {
        trial_ = 0;
    }
}

bool CircuitBreaker::is_open() const {
    const std::lock_guard lock(mutex_);
    return is_open_;
}

}  // namespace twinfleet::platform
