#pragma once

#include <chrono>
#include <optional>

#include "platform/http/message.hpp"

namespace twinfleet::http {

/// `Retry-After` in seconds (RFC 9110, section 10.2.3), as the services write it; nullopt where there is none, and for
/// one that is a date.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const Headers& headers);

}  // namespace twinfleet::http
