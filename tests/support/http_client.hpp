#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace twinfleet::testing {

struct HttpAnswer {
    int status = 0;
    std::string body;
    /// Names are in lower case.
    std::map<std::string, std::string> headers = {};
};

/// Asks a server on 127.0.0.1; nullopt when nobody answers within a few seconds.
[[nodiscard]] std::optional<HttpAnswer> http_get(std::uint16_t port, const std::string& target);

/// The same with any method; `headers` by name.
[[nodiscard]] std::optional<HttpAnswer> http_request(std::uint16_t port, const std::string& method,
                                                     const std::string& target,
                                                     const std::map<std::string, std::string>& headers = {},
                                                     const std::string& body = {});

}  // namespace twinfleet::testing
