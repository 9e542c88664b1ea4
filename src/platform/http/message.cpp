#include "platform/http/message.hpp"

#include <algorithm>

#include "platform/json/string.hpp"

namespace twinfleet::http {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(), [name](const auto& field) {
        return std::equal(field.first.begin(), field.first.end(), name.begin(), name.end(),
                          [](char left, char right) { return lower(left) == lower(right); });
    });
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

Response error_response(int status, std::string_view code, std::string_view message, Headers headers) {
    std::string body = R"({"code":)";
    json::append_string(body, code);
    body += R"(,"message":)";
    json::append_string(body, message);
    body += '}';
    return {.status = status, .body = std::move(body), .headers = std::move(headers)};
}

}  // namespace twinfleet::http
