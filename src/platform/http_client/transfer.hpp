#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "platform/http/message.hpp"
#include "platform/http_client/base_url.hpp"
#include "platform/http_client/client.hpp"

namespace twinfleet::http {

/// Sends one request after the other over one connection that stays open. For one thread at a time.
class Transfer {
public:
    struct Request {
        std::string_view method;
        /// The target, behind the path of the base URL.
        const std::string& target;
        std::string_view body;
        const Headers& headers;
    };
    struct Outcome {
        enum class Kind : std::uint8_t { answered, failed, stopped };
        Kind kind;
        /// After `failed`: why, for the person on call.
        std::string reason = {};
        /// After `answered`: the answer.
        Response response = {};
    };

    /// Does not connect. The base URL and the settings have been checked; the settings outlive this.
    Transfer(const BaseUrl& base_url, const ClientSettings& settings);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Sends a request and waits for the answer, for up to `timeout`. After an outcome other than `answered` the
    /// transfer must not be used again.
    [[nodiscard]] Outcome perform(const Request& request, std::chrono::milliseconds timeout,
                                  const std::stop_token& stop);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::http
