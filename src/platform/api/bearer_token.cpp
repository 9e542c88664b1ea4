#include "platform/api/bearer_token.hpp"

#include "platform/http/field_value.hpp"

namespace twinfleet::api {

std::optional<std::string_view> bearer_token(std::optional<std::string_view> authorization) {
    constexpr std::string_view scheme = "bearer ";
    const auto text = authorization.value_or("");
    if (!http::equal_whatever_case(text.substr(0, scheme.size()), scheme)) {
        return std::nullopt;
    }
    const auto begin = text.find_first_not_of(' ', scheme.size());
    return begin == std::string_view::npos ? std::nullopt : std::optional(text.substr(begin));
}

}  // namespace twinfleet::api
