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

/// How a JsonClient connects, and when it leaves a failing service alone.
struct JsonClientSettings {
    ClientSettings client;
    /// How many requests in a row may find the service away or failing, and how long it is not asked after that.
    platform::CircuitBreaker::Settings circuit{.failures_max = 5, .open_for = std::chrono::milliseconds(1'000)};
    /// Ends the calls that bring no stop of their own. For work that goes on later from where it was; requests of
    /// others that are under way when the program is to stop are answered, so they do without.
    std::stop_token stop = {};
};

/// Thrown when the service says that it cannot answer now: 429 or 503.
class ServiceBusy : public platform::StoreUnavailable {
public:
    ServiceBusy(std::string service, const std::string& reason, std::optional<std::chrono::seconds> after)
        : StoreUnavailable(std::move(service), reason), retry_after_(after) {}

    /// How long the service asks to wait before it is asked again; nullopt when it does not say.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept { return retry_after_; }

private:
    std::optional<std::chrono::seconds> retry_after_;
};

/// Thrown when the service does not know the token that it is shown (401), or does not let that token do what was asked
/// (403). That is a matter of the configuration of both services; the message names the setting.
class TokenRefused : public platform::StoreRefused {
public:
    using StoreRefused::StoreRefused;
};

/// A refusal that the caller expects as one of the answers to its question.
struct ExpectedRefusal {
    int status;
    /// The `code` in the body of the answer (contract, section 4).
    std::string_view code;
};

/// One request to a service.
struct JsonCall {
    std::string_view method;
    /// The path, such as path_of() makes it, and the query if there is one.
    std::string_view target;
    /// The path with names in place of values, for errors, which hold no data: `/v1/things/{id}`. Empty for a target
    /// without values, which then stands for itself.
    std::string_view pattern = {};
    /// The body; nullptr for none.
    const boost::json::object* body = nullptr;
    /// The statuses that count as success. They outlive the call.
    std::span<const int> successes = default_successes;
    /// The refusals that the caller expects. They outlive the call.
    std::span<const ExpectedRefusal> refusals = {};

    static constexpr int default_successes[] = {200};
};

/// An answer of success.
struct JsonAnswer {
    int status = 0;
    boost::json::object body;
};

/// An expected refusal.
struct JsonRefusal {
    int status = 0;
    std::string code;
    /// The `details` of the body; empty when it has none.
    boost::json::object details;
};

/// Asks a service that speaks JSON as all of them do (contract, section 4), and leaves the service alone for a while
/// when it keeps failing. Safe to use from any thread.
///
/// For every call, an answer leads to an outcome as follows:
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
/// Every platform::StoreUnavailable counts as a failure of the service, except RequestGivenUp, which says nothing about
/// it. Every other outcome shows that the service works.
class JsonClient {
public:
    /// Throws std::invalid_argument as Client does. The clock must outlive this.
    JsonClient(const JsonClientSettings& settings, const platform::Clock& clock);

    /// Asks the service. Throws as the table above says. Where `stop` is none, that of the settings counts.
    [[nodiscard]] std::variant<JsonAnswer, JsonRefusal> call(const JsonCall& call,
                                                             const std::stop_token& stop = {}) const;
    /// The same for a call without expected refusals.
    [[nodiscard]] JsonAnswer ask(const JsonCall& call, const std::stop_token& stop = {}) const;

    /// The name of the service, as errors give it.
    [[nodiscard]] const std::string& service() const noexcept { return service_; }

private:
    [[nodiscard]] Response send(const JsonCall& call, const std::stop_token& stop) const;
    [[nodiscard]] std::variant<JsonAnswer, JsonRefusal> read(const JsonCall& call, const Response& response) const;

    // Constant after construction.
    const Client client_;
    const platform::Clock& clock_;
    const std::string service_;
    const std::string token_name_;
    const std::stop_token stop_;

    mutable platform::CircuitBreaker circuit_;
};

/// A target that is made of these parts, each percent-encoded and behind a slash: {"v1", "things", id}.
[[nodiscard]] std::string path_of(std::initializer_list<std::string_view> parts);

}  // namespace twinfleet::http
