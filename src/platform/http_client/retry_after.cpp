#include "platform/http_client/retry_after.hpp"

#include <charconv>

#include "platform/http/field_value.hpp"

namespace twinfleet::http {

std::optional<std::chrono::seconds> retry_after(const Headers& headers) {
    for (const auto& [name, value] : headers) {
        unsigned seconds = 0;
        if (equal_whatever_case(name, "Retry-After") &&
            std::from_chars(value.data(), value.data() + value.size(), seconds).ec == std::errc()) {
            return std::chrono::seconds(seconds);
        }
    }
    return std::nullopt;
}

}  // namespace twinfleet::http
