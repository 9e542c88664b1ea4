#include "platform/concurrency/circuit_breaker.hpp"

namespace twinfleet::platform {

bool CircuitBreaker::try_enter(std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    if (!is_open_) {
        return true;
    }
    if (is_tried_ || now < open_until_) {
        return false;
    }
    is_tried_ = true;
    return true;
}

void CircuitBreaker::succeeded() {
    const std::lock_guard lock(mutex_);
    failures_ = 0;
    is_open_ = false;
    is_tried_ = false;
}

void CircuitBreaker::failed(std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    ++failures_;
    // One that began before the circuit opened does not put off the try that is due.
    if (is_tried_ || (!is_open_ && failures_ >= settings_.failures_max)) {
        is_open_ = true;
        is_tried_ = false;
        open_until_ = now + settings_.open_for;
    }
}

void CircuitBreaker::left() {
    const std::lock_guard lock(mutex_);
    is_tried_ = false;
}

bool CircuitBreaker::is_open() const {
    const std::lock_guard lock(mutex_);
    return is_open_;
}

}  // namespace twinfleet::platform
