#include "capabilities/driver_sessions/api/bearer_token.hpp"

#include <algorithm>

#include "platform/api/bearer_token.hpp"

namespace twinfleet::driver_sessions {
namespace {

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// b64token of RFC 6750: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
bool is_token(std::string_view text) {
    const auto padding = std::min(text.find('='), text.size());
    const auto body = text.substr(0, padding);
    return !body.empty() && text.find_first_not_of('=', padding) == std::string_view::npos &&
           std::all_of(body.begin(), body.end(), [](char c) {
               return is_alphanumeric(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
           });
}

}  // namespace

std::optional<std::string_view> bearer_token(std::optional<std::string_view> authorization) {
    const auto token = api::bearer_token(authorization);
    return token && is_token(*token) ? token : std::nullopt;
}

}  // namespace twinfleet::driver_sessions
