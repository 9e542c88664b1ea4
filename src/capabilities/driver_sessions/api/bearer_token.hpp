#pragma once

#include <optional>
#include <string_view>

namespace twinfleet::driver_sessions {

/// The token of the header `Authorization: Bearer <token>` (RFC 6750, section 2.1), whose scheme may be in any case
/// (RFC 9110, section 11.1). nullopt when there is no such header, when it has another form, and when the token holds
/// characters that RFC 6750 does not allow.
[[nodiscard]] std::optional<std::string_view> bearer_token(std::optional<std::string_view> authorization);

}  // namespace twinfleet::driver_sessions
