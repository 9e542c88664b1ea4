#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "capabilities/driver_login/text_messages/text_messages.hpp"
#include "platform/clock/clock.hpp"
#include "platform/concurrency/circuit_breaker.hpp"
#include "platform/http_client/client.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::driver_login {

struct HttpTextMessagesSettings {
    /// Where the gateway is, and the token that is shown to it.
    http::ClientSettings client{.peer_name = "the text-message gateway"};
    std::string target = "/messages";
    /// Each with a time-out of its own (client.request_timeout).
    std::uint32_t tries_max = 3;
    std::chrono::milliseconds backoff_first{200};
    std::chrono::milliseconds backoff_longest{2'000};
    platform::CircuitBreaker::Settings circuit;
};

/// `POST <base_url><target>` `{"phone","text"}` with a bearer token and an `Idempotency-Key` (draft-ietf-httpapi-
/// idempotency-key-header) that is the same for all tries of a message, so that a gateway which knows it sends one.
/// 2xx: sent. 408, 429, 5xx and no answer are tried again; everything else is a refusal. Messages that failed, rather
/// than tries, open the circuit; a refusal shows a gateway that works.
///
/// Metric: driver_text_message_circuit_open, 0 or 1.
class HttpTextMessages final : public TextMessages {
public:
    /// Throws std::invalid_argument as http::Client does, and for 0 tries. The others must outlive this.
    HttpTextMessages(const HttpTextMessagesSettings& settings, const platform::Clock& clock,
                     metrics::Registry& registry, log::Logger& log);

    [[nodiscard]] SendOutcome send(const TextMessage& message, const std::stop_token& stop) override;

private:
    [[nodiscard]] SendOutcome try_to_send(const TextMessage& message, const std::stop_token& stop) const;

    const HttpTextMessagesSettings settings_;
    const http::Client client_;
    const platform::Clock& clock_;
    log::Logger& log_;
    platform::CircuitBreaker circuit_;
    metrics::Gauge circuit_open_;
};

}  // namespace twinfleet::driver_login
