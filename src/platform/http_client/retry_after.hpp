#pragma once

#include <chrono>
#include <optional>

#include "platform/http/message.hpp"

namespace twinfleet::http {

/// What the header `Retry-After` says, in seconds (RFC 9110, section 10.2.3), which is the form that the services use.
/// nullopt when there is no such header, and when it holds a date.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const Headers& headers);

}  // namespace twinfleet::http
