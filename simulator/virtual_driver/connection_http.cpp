#include "simulator/virtual_driver/connection_http.hpp"

#include <utility>

#include "platform/errors/store_error.hpp"
#include "platform/http_client/retry_after.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::simulator {
namespace {

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
        answer.retry_after = http::retry_after(response.headers);
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
