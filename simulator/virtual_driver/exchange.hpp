#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "simulator/measurements/operation.hpp"
#include "simulator/simulated_time.hpp"

/// What virtual drivers say to driver-protocol, and hear from it, apart from how it travels.
namespace twinfleet::simulator {

struct Request {
    Operation operation;
    /// When it was to be sent.
    Instant due;
    std::string method;
    std::string target;
    /// JSON; empty for none.
    std::string body = {};
    std::string session_token = {};
};

struct Answer {
    /// 0: none came.
    int status = 0;
    /// Empty when there was none, or no object.
    boost::json::object body = {};
    std::optional<std::chrono::seconds> retry_after = {};

    /// The code of a refusal; empty when there is none.
    [[nodiscard]] std::string_view code() const { return text("code"); }
    /// A field of the body; empty when it is absent or no text.
    [[nodiscard]] std::string_view text(std::string_view field) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view field) const;
};

/// How an answer that was not expected is counted: `503 unavailable`, `unreachable`.
[[nodiscard]] std::string error_of(const Answer& answer);

/// When to try again what failed.
[[nodiscard]] inline Instant retry_at(const Answer& answer, Instant now) {
    return now + answer.retry_after.value_or(std::chrono::seconds(1));
}

}  // namespace twinfleet::simulator
