#pragma once

#include <chrono>
#include <string_view>

#include "platform/http/message.hpp"

/// Refusals that every API gives in the same words (contract, section 4).
namespace twinfleet::api {

/// The header `Retry-After` in whole seconds, rounded up (RFC 9110, section 10.2.3), and at least 1.
[[nodiscard]] http::Headers retry_after(std::chrono::milliseconds wait);

/// The answer 401 with `WWW-Authenticate: Bearer` (RFC 6750, section 3).
[[nodiscard]] http::Response unauthorized_response(std::string_view code, std::string_view message);

/// The answer 503 `overloaded`, which asks the client to try again after a second.
[[nodiscard]] http::Response overloaded_response(std::string_view message = "Too many requests are waiting.");

/// The answer 503 `unavailable`, which asks the client to try again after a second: something that the answer depends
/// on is away.
[[nodiscard]] http::Response unavailable_response();

/// The answer 500 `internal`, which says nothing about the reason.
[[nodiscard]] http::Response internal_error_response();

}  // namespace twinfleet::api
