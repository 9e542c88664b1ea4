#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "platform/http/message.hpp"

namespace twinfleet::http::detail {

/// What the head of an answer depends on besides the answer.
struct Framing {
    /// Whether the connection stays open after the answer.
    bool is_kept_alive = true;
    /// Whether the answer says that the connection stays open, which an HTTP/1.0 client has to be told.
    bool says_keep_alive = false;
    /// The time for the field `Date`.
    std::time_t now = 0;
};

/// Whether an answer with this status has a body at all (RFC 9110, section 6.4.1).
[[nodiscard]] constexpr bool may_have_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

/// Writes the status line and all fields into `head`, in place of what was there. Fields that must not be sent (see
/// Server) are left out.
void write_head(std::string& head, const Response& response, const Framing& framing);

/// The time as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
[[nodiscard]] std::string http_date(std::time_t time);

}  // namespace twinfleet::http::detail
