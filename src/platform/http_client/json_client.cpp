#include "platform/http_client/json_client.hpp"

#include <algorithm>
#include <utility>

#include <boost/json/serialize.hpp>

#include "platform/http_client/retry_after.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::http {
namespace {

constexpr int unauthorized = 401;
constexpr int forbidden = 403;
constexpr int too_many_requests = 429;
constexpr int first_failure = 500;
constexpr int unavailable = 503;

std::optional<boost::json::object> object_in(const std::string& body) {
    try {
        return json::parse_object(body);
    } catch (const json::BadInput&) {
        return std::nullopt;
    }
}

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool is_fit_for_an_error(std::string_view code) {
    constexpr std::size_t size_max = 64;
    return !code.empty() && code.size() <= size_max &&
           std::all_of(code.begin(), code.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

/// `status 409 name_taken`. What else the body of an error says may hold data, so it is not repeated.
std::string describe(int status, std::string_view code) {
    std::string text = "status " + std::to_string(status);
    if (is_fit_for_an_error(code)) {
        text.append(" ").append(code);
    }
    return text;
}

/// `GET /v1/things/{id}`
std::string name_of(const JsonCall& call) {
    return std::string(call.method).append(" ").append(call.pattern.empty() ? call.target : call.pattern);
}

}  // namespace

JsonClient::JsonClient(const JsonClientSettings& settings, const platform::Clock& clock)
    : client_(settings.client),
      clock_(clock),
      service_(settings.client.peer_name),
      token_name_(settings.client.token_name),
      stop_(settings.stop),
      circuit_(settings.circuit) {}

Response JsonClient::send(const JsonCall& call, const std::stop_token& stop) const {
    const std::string body = call.body == nullptr ? std::string() : boost::json::serialize(*call.body);
    return client_.request(call.method, call.target, body, {}, stop.stop_possible() ? stop : stop_);
}

std::variant<JsonAnswer, JsonRefusal> JsonClient::call(const JsonCall& call, const std::stop_token& stop) const {
    const auto entry = circuit_.try_enter(clock_.monotonic());
    if (!entry) {
        throw platform::StoreUnavailable(service_, "it keeps failing and is left alone for a moment");
    }
    try {
        auto answer = read(call, send(call, stop));
        circuit_.succeeded(*entry);
        return answer;
    } catch (const RequestGivenUp&) {
        circuit_.left(*entry);
        throw;
    } catch (const platform::StoreRefused&) {
        circuit_.succeeded(*entry);
        throw;
    } catch (const platform::StoreUnavailable&) {
        circuit_.failed(*entry, clock_.monotonic());
        throw;
    } catch (...) {
        // Nothing the service did.
        circuit_.left(*entry);
        throw;
    }
}

JsonAnswer JsonClient::ask(const JsonCall& call, const std::stop_token& stop) const {
    return std::get<JsonAnswer>(this->call(call, stop));
}

std::variant<JsonAnswer, JsonRefusal> JsonClient::read(const JsonCall& call, const Response& response) const {
    const int status = response.status;
    if (std::find(call.successes.begin(), call.successes.end(), status) != call.successes.end()) {
        auto object = object_in(response.body);
        if (!object) {
            throw platform::StoreUnavailable(service_, "its answer to " + name_of(call) + " is no JSON object");
        }
        return JsonAnswer{.status = status, .body = std::move(*object)};
    }
    auto error = object_in(response.body).value_or(boost::json::object());
    std::string code = text_of(error, "code");
    if (std::any_of(call.refusals.begin(), call.refusals.end(), [&](const ExpectedRefusal& expected) {
            return expected.status == status && expected.code == code;
        })) {
        auto* details = error.if_contains("details");
        return JsonRefusal{.status = status,
                           .code = std::move(code),
                           .details = details != nullptr && details->is_object() ? std::move(details->get_object())
                                                                                 : boost::json::object()};
    }
    const std::string told = describe(status, code);
    if (status == unauthorized) {
        throw TokenRefused(service_, status, "it does not know the token of " + token_name_);
    }
    if (status == forbidden) {
        throw TokenRefused(service_, status,
                           "it does not let the token of " + token_name_ + " do " + name_of(call) + ": " + told);
    }
    if (status == too_many_requests || status == unavailable) {
        throw ServiceBusy(service_, "it answered " + name_of(call) + " with " + told, retry_after(response.headers));
    }
    if (status >= first_failure) {
        throw platform::StoreUnavailable(service_, "it answered " + name_of(call) + " with " + told);
    }
    throw platform::StoreRefused(service_, status, "it answered " + name_of(call) + " with " + told);
}

std::string path_of(std::initializer_list<std::string_view> parts) {
    std::string path;
    for (const std::string_view part : parts) {
        path.append("/").append(percent_encode(part));
    }
    return path;
}

}  // namespace twinfleet::http
