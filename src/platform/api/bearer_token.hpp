#pragma once

#include <optional>
#include <string_view>

namespace twinfleet::api {

/// The token of the header `Authorization: Bearer <token>` (RFC 6750, section 2.1), the scheme in any case (RFC 9110,
/// section 11.1), whatever characters the token has; nullopt for anything else, also for no header.
[[nodiscard]] std::optional<std::string_view> bearer_token(std::optional<std::string_view> authorization);

}  // namespace twinfleet::api
