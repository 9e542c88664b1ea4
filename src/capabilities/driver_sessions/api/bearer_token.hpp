#pragma once

#include <optional>
#include <string_view>

namespace twinfleet::driver_sessions {

/// The token of `Authorization: Bearer <token>` (RFC 6750, section 2.1), the scheme in any case (RFC 9110,
/// section 11.1); nullopt for anything else, also for no header and for what a token cannot hold.
[[nodiscard]] std::optional<std::string_view> bearer_token(std::optional<std::string_view> authorization);

}  // namespace twinfleet::driver_sessions
