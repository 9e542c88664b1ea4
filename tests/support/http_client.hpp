#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace twinfleet::testing {

struct HttpAnswer {
    int status = 0;
    std::string body;
};

/// Asks a server on 127.0.0.1; nullopt when nobody answers within a few seconds.
[[nodiscard]] std::optional<HttpAnswer> http_get(std::uint16_t port, const std::string& target);

}  // namespace twinfleet::testing
