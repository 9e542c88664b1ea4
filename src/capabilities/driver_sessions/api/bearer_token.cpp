#include "capabilities/driver_sessions/api/bearer_token.hpp"

#include <algorithm>

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
    constexpr std::string_view scheme = "bearer ";
    const auto text = authorization.value_or("");
    const bool is_bearer =
        text.size() > scheme.size() &&
        std::equal(scheme.begin(), scheme.end(), text.begin(), [](char expected, char found) {
            return expected == (found >= 'A' && found <= 'Z' ? static_cast<char>(found - 'A' + 'a') : found);
        });
    if (!is_bearer) {
        return std::nullopt;
    }
    const auto begin = std::min(text.find_first_not_of(' ', scheme.size()), text.size());
    const auto token = text.substr(begin);
    return is_token(token) ? std::optional(token) : std::nullopt;
}

}  // namespace twinfleet::driver_sessions
