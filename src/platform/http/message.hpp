#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twinfleet::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// RFC 9110.
struct Request {
    /// Upper case: `GET`.
    std::string method;
    /// As sent, without the query: `/v1/links/cars`.
    std::string path;
    /// As sent, without the `?`.
    std::string query;
    Headers headers;
    std::string body;

    /// The first field of that name, whatever its case.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    Headers headers = {};
};

/// A refusal as JSON: `{"code": code, "message": message}`.
[[nodiscard]] Response error_response(int status, std::string_view code, std::string_view message,
                                      Headers headers = {});

}  // namespace twinfleet::http
