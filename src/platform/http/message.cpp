#include "platform/http/message.hpp"

#include <algorithm>
#include <ostream>

#include <boost/json/object.hpp>

#include "platform/http/field_value.hpp"
#include "platform/json/string.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::http {

namespace {

/// The object without its end.
std::string error_members(std::string_view code, std::string_view message) {
    std::string members = R"({"code":)";
    json::append_string(members, code);
    members += R"(,"message":)";
    json::append_string(members, message);
    return members;
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [name](const auto& field) { return equal_whatever_case(field.first, name); });
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

Response json_response(int status, const boost::json::object& body, Headers headers) {
    return {.status = status, .body = json::to_text(body), .headers = std::move(headers)};
}

Response error_response(int status, std::string_view code, std::string_view message, Headers headers) {
    return {.status = status, .body = error_members(code, message) + '}', .headers = std::move(headers)};
}

Response detail::detailed_error_response(int status, std::string_view code, std::string_view message,
                                         const boost::json::object& details, Headers headers) {
    std::string body = error_members(code, message);
    body += R"(,"details":)";
    body += json::to_text(details);
    body += '}';
    return {.status = status, .body = std::move(body), .headers = std::move(headers)};
}

}  // namespace twinfleet::http
