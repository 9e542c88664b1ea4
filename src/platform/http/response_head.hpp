#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "platform/http/message.hpp"

namespace twinfleet::http::detail {

/// How an answer goes out.
struct Framing {
    bool is_kept_alive = true;
    /// HTTP/1.0 closes unless told otherwise.
    bool says_keep_alive = false;
    /// For the field `Date`.
    std::time_t now = 0;
};

/// Whether an answer of that status has a body at all (RFC 9110, section 6.4.1).
[[nodiscard]] constexpr bool may_have_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

/// Writes the status line and all fields into `head`, whatever it held. What cannot go out (see Server) is left out.
void write_head(std::string& head, const Response& response, const Framing& framing);

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
[[nodiscard]] std::string http_date(std::time_t time);

}  // namespace twinfleet::http::detail
