#pragma once

#include <exception>
#include <utility>
#include <variant>

namespace twinfleet::platform {

/// What became of one of several questions that were asked together: its answer, or the exception that it would have
/// ended in had it been asked alone. So one that fails does not take the answers away from the others.
template <typename Value>
class Outcome {
public:
    explicit(false) Outcome(Value value) : state_(std::move(value)) {}
    /// `failure` must not be empty.
    explicit(false) Outcome(std::exception_ptr failure) : state_(std::move(failure)) {}

    /// nullptr where there is an answer.
    [[nodiscard]] const std::exception_ptr* failure() const noexcept {
        return std::get_if<std::exception_ptr>(&state_);
    }
    /// The answer; throws the exception where there is none.
    [[nodiscard]] const Value& value() const& {
        throw_failure();
        return std::get<Value>(state_);
    }
    [[nodiscard]] Value value() && {
        throw_failure();
        return std::get<Value>(std::move(state_));
    }

private:
    void throw_failure() const {
        if (const auto* exception = failure()) {
            std::rethrow_exception(*exception);
        }
    }

    std::variant<Value, std::exception_ptr> state_;
};

}  // namespace twinfleet::platform
