#include "platform/api/refusals.hpp"

#include <algorithm>
#include <string>

namespace twinfleet::api {

http::Headers retry_after(std::chrono::milliseconds wait) {
    const auto seconds = std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
    return {{"Retry-After", std::to_string(seconds.count())}};
}

http::Response unauthorized_response(std::string_view code, std::string_view message) {
    return http::error_response(401, code, message, {{"WWW-Authenticate", "Bearer"}});
}

http::Response overloaded_response(std::string_view message) {
    return http::error_response(503, "overloaded", message, retry_after(std::chrono::seconds(1)));
}

http::Response unavailable_response() {
    return http::error_response(503, "unavailable", "This cannot be answered right now.",
                                retry_after(std::chrono::seconds(1)));
}

http::Response internal_error_response() {
    return http::error_response(500, "internal", "The request could not be answered.");
}

}  // namespace twinfleet::api
