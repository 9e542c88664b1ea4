#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "simulator/measurements/operation.hpp"
#include "simulator/simulated_time.hpp"

/// What virtual drivers say to driver-protocol and hear from it, apart from how that is transported.
namespace twinfleet::simulator {

/// A request to driver-protocol.
struct Request {
    Operation operation;
    /// When the request should be sent; it may be sent later.
    Instant due;
    std::string method;
    std::string target;
    /// JSON; empty for a request without a body.
    std::string body = {};
    /// Empty for a request outside a session.
    std::string session_token = {};
};

/// The answer to a request, or that none came.
struct Answer {
    /// The HTTP status; 0 when no answer came.
    int status = 0;
    /// Empty when there is no body, or it is not a JSON object.
    boost::json::object body = {};
    /// What the answer's `Retry-After` header says.
    std::optional<std::chrono::seconds> retry_after = {};

    /// The code of a refusal; empty when there is none.
    [[nodiscard]] std::string_view code() const { return text("code"); }
    /// A field of the body; empty when it is absent or not a text.
    [[nodiscard]] std::string_view text(std::string_view field) const;
    /// A field of the body; nullopt when it is absent or not an integer.
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view field) const;
};

/// The name under which an answer that was not expected is counted: `503 unavailable`, `unreachable`.
[[nodiscard]] std::string error_of(const Answer& answer);

/// When to try again what failed: when the answer says, or else after a second.
[[nodiscard]] inline Instant retry_at(const Answer& answer, Instant now) {
    return now + answer.retry_after.value_or(std::chrono::seconds(1));
}

}  // namespace twinfleet::simulator
