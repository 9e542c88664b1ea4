#include "simulator/virtual_driver/connection_http.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "platform/errors/store_error.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::simulator {
namespace {

bool is_same_name(std::string_view one, std::string_view another) {
    return std::equal(one.begin(), one.end(), another.begin(), another.end(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// In seconds (RFC 9110, section 10.2.3), as the services write it.
std::optional<std::chrono::seconds> retry_after(const http::Headers& headers) {
    for (const auto& [name, value] : headers) {
        unsigned seconds = 0;
        if (is_same_name(name, "Retry-After") &&
            std::from_chars(value.data(), value.data() + value.size(), seconds).ec == std::errc()) {
            return std::chrono::seconds(seconds);
        }
    }
    return std::nullopt;
}

http::ClientSettings client_settings(const ConnectionSettings& settings) {
    return {.base_url = settings.url,
            .connections_max = 1,
            .connect_timeout = settings.request_timeout,
            .request_timeout = settings.request_timeout,
            .answer_bytes_max = std::size_t{4} << 20,
            .peer_name = "driver-protocol"};
}

}  // namespace

Connection::Connection(const ConnectionSettings& settings) : client_(client_settings(settings)) {}

Answer Connection::exchange(const Request& request, const std::string& user_agent, const std::string& address) const {
    http::Headers headers{{"User-Agent", user_agent}};
    if (!request.session_token.empty()) {
        headers.emplace_back("Authorization", "Bearer " + request.session_token);
    }
    if (!address.empty()) {
        headers.emplace_back("X-Forwarded-For", address);
    }
    Answer answer;
    try {
        const auto response = client_.request(request.method, request.target, request.body, headers);
        answer.status = response.status;
        answer.retry_after = retry_after(response.headers);
        if (!response.body.empty()) {
            answer.body = json::parse_object(response.body);
        }
    } catch (const platform::StoreUnavailable&) {
        return {};
    } catch (const json::BadInput&) {
        // It has a status and nothing that can be read.
    }
    return answer;
}

void Connection::ping() const {
    (void)client_.request("GET", "/openapi.yaml");
}

}  // namespace twinfleet::simulator
