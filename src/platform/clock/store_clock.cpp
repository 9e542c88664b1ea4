#include "platform/clock/store_clock.hpp"

#include <algorithm>

namespace twinfleet::platform {
namespace {

using std::chrono::microseconds;

microseconds in_microseconds(std::chrono::nanoseconds monotonic) {
    return std::chrono::duration_cast<microseconds>(monotonic);
}

}  // namespace

void StoreClock::measure() {
    const microseconds asked_at = in_microseconds(local_.monotonic());
    const Time told = ask_();
    const microseconds answered_at = in_microseconds(local_.monotonic());
    // The store looked at its clock at some moment between the two.
    const Time earliest = told - answered_at;
    const Time latest = told - asked_at;
    const std::lock_guard lock(mutex_);
    at_zero_ = at_zero_ ? std::clamp(*at_zero_, earliest, latest) : earliest + (latest - earliest) / 2;
}

Time StoreClock::now() const {
    const auto at_zero = [this] {
        const std::lock_guard lock(mutex_);
        return at_zero_;
    }();
    return at_zero ? *at_zero + in_microseconds(local_.monotonic()) : local_.now();
}

std::optional<microseconds> StoreClock::skew() const {
    const std::lock_guard lock(mutex_);
    if (!at_zero_) {
        return std::nullopt;
    }
    return local_.now() - (*at_zero_ + in_microseconds(local_.monotonic()));
}

}  // namespace twinfleet::platform
