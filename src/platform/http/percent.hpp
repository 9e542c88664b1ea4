#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Percent-encoding in URLs (RFC 3986, section 2.1), of texts that are UTF-8.
namespace twinfleet::http {

/// Encodes one part of a path, or a value of a query: all characters but the unreserved ones (RFC 3986, section 2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Decodes one part of a path. nullopt for a `%` without two hex digits behind it, and for text that, decoded, is not
/// UTF-8 or holds NUL.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// The same for a name or a value of a query, where a `+` is a space, as browsers write it.
[[nodiscard]] std::optional<std::string> percent_decode_query(std::string_view text);

}  // namespace twinfleet::http
