#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include <boost/json/object.hpp>

#include "platform/clock/clock.hpp"
#include "platform/concurrency/circuit_breaker.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http_client/client.hpp"

namespace twinfleet::http {

struct JsonClientSettings {
    ClientSettings client;
    /// Requests in a row that found the service away or failing, and how long nobody asks it then.
    platform::CircuitBreaker::Settings circuit{.failures_max = 5, .open_for = std::chrono::milliseconds(1'000)};
};

/// The service says that it is not able to answer now: 429, 503.
class ServiceBusy : public platform::StoreUnavailable {
public:
    ServiceBusy(std::string service, const std::string& reason, std::optional<std::chrono::seconds> after)
        : StoreUnavailable(std::move(service), reason), retry_after_(after) {}

    /// What it says about when to try again.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept { return retry_after_; }

private:
    std::optional<std::chrono::seconds> retry_after_;
};

/// The service does not know the token that it is shown (401), or does not let it do what was asked (403). A matter of
/// the configuration of the two; the message names the setting.
class TokenRefused : public platform::StoreRefused {
public:
    using StoreRefused::StoreRefused;
};

/// A refusal that its caller expects: it belongs to what was asked.
struct ExpectedRefusal {
    int status;
    /// `code` of the error's body (contract, section 4).
    std::string_view code;
};

struct JsonCall {
    std::string_view method;
    /// See path_of().
    std::string_view target;
    /// nullptr: without a body.
    const boost::json::object* body = nullptr;
    /// Statuses of success; must outlive the call.
    std::span<const int> successes = default_successes;
    /// Must outlive the call.
    std::span<const ExpectedRefusal> refusals = {};

    static constexpr int default_successes[] = {200};
};

struct JsonAnswer {
    int status = 0;
    boost::json::object body;
};

struct JsonRefusal {
    int status = 0;
    std::string code;
    /// Empty where the body has none.
    boost::json::object details;
};

/// Asks a service that speaks JSON as all of them do (contract, section 4), and leaves it alone for a while when it
/// keeps failing. Safe to use from any thread.
///
/// What becomes of an answer, alike for every call:
///
/// | answer | outcome |
/// |---|---|
/// | a status of `successes`, with a JSON object | JsonAnswer |
/// | a status and code of `refusals` | JsonRefusal |
/// | 401, 403 | TokenRefused, a platform::StoreRefused |
/// | 429, 503 | ServiceBusy, a platform::StoreUnavailable, with what Retry-After says |
/// | another 5xx; a success without a JSON object; no answer, or none in time | platform::StoreUnavailable |
/// | any other status | platform::StoreRefused with the status as its code: the two programs misunderstand each other |
/// | none: too many requests under way, or `stop` | RequestGivenUp, a platform::StoreUnavailable |
/// | none: the service has failed circuit.failures_max times in a row | platform::StoreUnavailable, at once |
///
/// What ends in a platform::StoreUnavailable counts as a failure of the service, but for RequestGivenUp, which says
/// nothing of it; everything else shows one that works.
class JsonClient {
public:
    /// Throws std::invalid_argument as Client does. The clock must outlive this.
    JsonClient(const JsonClientSettings& settings, const platform::Clock& clock);

    [[nodiscard]] std::variant<JsonAnswer, JsonRefusal> call(const JsonCall& call,
                                                             const std::stop_token& stop = {}) const;
    /// For a call without expected refusals.
    [[nodiscard]] JsonAnswer ask(const JsonCall& call, const std::stop_token& stop = {}) const;

    /// How errors name the service.
    [[nodiscard]] const std::string& service() const noexcept { return service_; }

private:
    [[nodiscard]] Response send(const JsonCall& call, const std::stop_token& stop) const;
    [[nodiscard]] std::variant<JsonAnswer, JsonRefusal> read(const JsonCall& call, const Response& response) const;

    // Constant after construction.
    const Client client_;
    const platform::Clock& clock_;
    const std::string service_;
    const std::string token_name_;

    mutable platform::CircuitBreaker circuit_;
};

/// A target of these parts, each percent-encoded, with a slash before each: {"v1", "things", id}.
[[nodiscard]] std::string path_of(std::initializer_list<std::string_view> parts);

}  // namespace twinfleet::http
