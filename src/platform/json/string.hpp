#pragma once

#include <string>
#include <string_view>

namespace twinfleet::json {

/// Appends `text` as a JSON string (RFC 8259, section 7), quotes included. Bytes that are not UTF-8 become U+FFFD;
/// control characters are escaped, also those from U+007F to U+009F, some of which terminals obey.
void append_string(std::string& json, std::string_view text);

}  // namespace twinfleet::json
