#pragma once

#include <optional>
#include <string_view>

namespace twinfleet::api {

/// The token of the header `Authorization: Bearer <token>` (RFC 6750, section 2.1), whatever characters the token has.
/// The scheme may be in any case (RFC 9110, section 11.1). nullopt when there is no such header and when it has another
/// form.
[[nodiscard]] std::optional<std::string_view> bearer_token(std::optional<std::string_view> authorization);

}  // namespace twinfleet::api
