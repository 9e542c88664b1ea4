#pragma once

#include <mutex>
#include <utility>

namespace twinfleet::platform {

/// A value that lives inside its mutex: it can be reached only through with(), which holds the mutex while `action`
/// works on the value, and returns what `action` returns. No reference to the value may be kept beyond that.
template <typename Value>
class Guarded {
public:
    Guarded() = default;
    explicit Guarded(Value value) : value_(std::move(value)) {}

    template <typename Action>
    decltype(auto) with(Action&& action) {
        const std::lock_guard lock(mutex_);
        return std::forward<Action>(action)(value_);
    }
    template <typename Action>
    decltype(auto) with(Action&& action) const {
        const std::lock_guard lock(mutex_);
        return std::forward<Action>(action)(std::as_const(value_));
    }

private:
    mutable std::mutex mutex_;
    Value value_{};
};

}  // namespace twinfleet::platform
