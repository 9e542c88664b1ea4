#include "capabilities/driver_login/text_messages/text_messages_http.hpp"

#include <stdexcept>

#include <boost/json/object.hpp>

#include "capabilities/driver_login/secrets/login_secrets.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::driver_login {
namespace {

SendOutcome outcome_of(int status) {
    constexpr int request_timeout = 408;
    constexpr int too_many_requests = 429;
    if (status >= 200 && status < 300) {
        return SendOutcome::sent;
    }
    return status >= 500 || status == request_timeout || status == too_many_requests ? SendOutcome::failed
                                                                                     : SendOutcome::refused;
}

}  // namespace

HttpTextMessages::HttpTextMessages(const HttpTextMessagesSettings& settings, const platform::Clock& clock,
                                   metrics::Registry& registry, log::Logger& log)
    : settings_(settings),
      client_(settings.client),
      clock_(clock),
      log_(log),
      circuit_(settings.circuit),
      circuit_open_(registry.gauge("driver_text_message_circuit_open",
                                   "1 while the text-message gateway is left alone because it failed too often.")) {
    if (settings.tries_max == 0) {
        throw std::invalid_argument("text messages: expected at least one try");
    }
    circuit_open_.set(0);
}

SendOutcome HttpTextMessages::send(const TextMessage& message, const std::stop_token& stop) {
    const auto entry = circuit_.try_enter(clock_.monotonic());
    if (!entry) {
        return SendOutcome::circuit_open;
    }
    SendOutcome outcome = SendOutcome::failed;
    try {
        outcome = try_to_send(message, stop);
    } catch (const std::exception&) {
        // Nothing the gateway did, but whoever was let in has to say how it went. The reason could hold the message.
        log_.error("a text message could not be handed to the gateway");
    }
    if (outcome == SendOutcome::failed) {
        circuit_.failed(*entry, clock_.monotonic());
    } else {
        circuit_.succeeded(*entry);
    }
    circuit_open_.set(circuit_.is_open() ? 1 : 0);
    return outcome;
}

SendOutcome HttpTextMessages::try_to_send(const TextMessage& message, const std::stop_token& stop) const {
    const std::string body = json::to_text(boost::json::object{{"phone", message.phone}, {"text", message.text}});
    const http::Headers headers = {{"Idempotency-Key", '"' + LoginSecrets::random_id() + '"'}};
    platform::Backoff backoff(settings_.backoff_first, settings_.backoff_longest);
    for (std::uint32_t attempt = 1;; ++attempt) {
        try {
            const int status = client_.request("POST", settings_.target, body, headers).status;
            const auto outcome = outcome_of(status);
            if (outcome == SendOutcome::sent) {
                return outcome;
            }
            log_.warning("the text-message gateway refused", {{"status", status}, {"attempt", attempt}});
            if (outcome == SendOutcome::refused) {
                return outcome;
            }
        } catch (const platform::StoreUnavailable& away) {
            log_.warning("the text-message gateway does not answer", {{"reason", away.what()}, {"attempt", attempt}});
        }
        if (attempt == settings_.tries_max || !platform::wait_for(stop, backoff.next())) {
            return SendOutcome::failed;
        }
    }
}

}  // namespace twinfleet::driver_login
