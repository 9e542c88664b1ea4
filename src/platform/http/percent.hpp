#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::http {

/// Percent-encodes one part of a path, or a value of a query (RFC 3986, section 2.3: all but unreserved characters).
[[nodiscard]] std::string percent_encode(std::string_view text);

/// nullopt for a `%` without two hex digits, for what is no UTF-8, and for text that holds NUL.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace twinfleet::http
