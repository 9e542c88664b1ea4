#include "capabilities/driver_login/api/login_http.hpp"

#include <algorithm>
#include <optional>
#include <variant>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "capabilities/driver_sessions/api/driver_call.hpp"
#include "platform/api/answering.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_login {
namespace {

using api::Call;
using driver_apps::DriverApp;
using http::Response;

/// By this a phone knows a device that has logged in to it. A header and no field, since apps that do not know it are
/// to work as ever.
constexpr const char* device_token_header = "X-Device-Token";
constexpr std::size_t device_token_bytes_max = 128;

/// What a refusal is about. An empty field: nothing in the request.
struct Wording {
    int status;
    std::string_view field;
    std::string_view message;
};

Wording wording_of(LoginRefusal refusal) {
    switch (refusal) {
        case LoginRefusal::bad_phone:
            return {400, "phone", "This is no phone number."};
        case LoginRefusal::too_many_requests:
            return {429, "", "There are too many logins at present. Try again later."};
        case LoginRefusal::resend_too_early:
            return {429, "phone", "A code is on its way. Another one can be sent later."};
        case LoginRefusal::too_many_codes:
            return {429, "phone", "Too many codes were sent to this phone."};
        case LoginRefusal::overloaded:
            return {503, "", "Too many text messages are waiting."};
        case LoginRefusal::wrong_code:
            return {401, "code", "This is not the code."};
        case LoginRefusal::code_expired:
            return {410, "login_id", "This code is not good any more. Ask for another one."};
        case LoginRefusal::too_many_attempts:
            return {429, "code", "The code was wrong too often. Ask for another one."};
        case LoginRefusal::login_token_expired:
            return {401, "login_token", "This login has ended. Start again."};
        case LoginRefusal::not_your_park:
            return {403, "park_id", "This park was not offered."};
        case LoginRefusal::driver_not_working:
            return {409, "park_id", "You do not work in this park at present."};
        case LoginRefusal::child_not_made:
            return {503, "", "The profile could not be made now. Try again."};
        case LoginRefusal::wrong_app:
            return {403, "", "This login was started in another app."};
        case LoginRefusal::unavailable:
            break;
    }
    return {503, "", "This cannot be answered right now."};
}

Response response_of(const LoginRefused& refused) {
    const auto [status, field, message] = wording_of(refused.refusal);
    http::Headers headers;
    if (refused.retry_after.count() > 0) {
        headers = api::retry_after(refused.retry_after);
    }
    if (status == 401) {
        // RFC 9110, section 15.5.2 wants one.
        headers.emplace_back("WWW-Authenticate", "Bearer");
    }
    const std::string_view code = to_string(refused.refusal);
    return field.empty() ? http::error_response(status, code, message, std::move(headers))
                         : http::error_response(status, code, message, boost::json::object{{"field", field}}, headers);
}

/// Never to be kept by anybody on the way: it holds a secret (RFC 9111, section 5.2.2.5).
Response secret_response(const boost::json::object& body) {
    return http::json_response(200, body);
}

std::string read_code(json::ObjectReader& reader) {
    std::string code = reader.text("code");
    if (code.size() != code_length ||
        !std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        throw json::BadInput("code", "expected " + std::to_string(code_length) + " digits");
    }
    return code;
}

Caller caller_of(const LoginApi& api, const Call& call) {
    const std::string address = http::client_address(call.request, api.trusted_proxies);
    const auto token = call.request.header(device_token_header).value_or("");
    return {.address = http::subscriber_of(address),
            .network = http::network_of(address),
            // What is longer is none of ours.
            .device_token = std::string(token.size() <= device_token_bytes_max ? token : "")};
}

Response start(const LoginApi& api, const Call& call, const DriverApp& app) {
    const std::string phone = json::read_object(
        call.request.body, [](json::ObjectReader& reader) { return reader.text("phone", {.bytes_min = 0}); });
    const auto result = api.login.start(app.family, phone, caller_of(api, call));
    if (const auto* refused = std::get_if<LoginRefused>(&result)) {
        return response_of(*refused);
    }
    return secret_response({{"login_id", std::get<LoginStarted>(result).login_id},
                            {"code_length", code_length},
                            {"resend_after_s", api.login.settings().limits.resend_after.count()}});
}

Response verify(const LoginApi& api, const Call& call, const DriverApp& app) {
    const auto [login_id, code] = json::read_object(call.request.body, [](json::ObjectReader& reader) {
        std::string id = reader.text("login_id");
        return std::pair(std::move(id), read_code(reader));
    });
    const auto result = api.login.verify(app.family, login_id, code, caller_of(api, call));
    if (const auto* refused = std::get_if<LoginRefused>(&result)) {
        return response_of(*refused);
    }
    const auto& verified = std::get<CodeVerified>(result);
    boost::json::array parks;
    for (const auto& park : verified.parks) {
        parks.push_back(boost::json::object{{"park_id", park.id}, {"name", park.name}, {"city_id", park.city_id}});
    }
    auto response = secret_response({{"login_token", verified.login_token}, {"parks", std::move(parks)}});
    response.headers.emplace_back(device_token_header, verified.device_token);
    return response;
}

/// nullopt: a child has to be made, and `may_wait` is false.
std::optional<Response> choose_park(const LoginApi& api, const Call& call, const DriverApp& app, bool may_wait) {
    const auto [login_token, park_id] = json::read_object(call.request.body, [](json::ObjectReader& reader) {
        std::string token = reader.text("login_token");
        return std::pair(std::move(token), reader.text("park_id"));
    });
    std::optional<std::variant<LoggedIn, LoginRefused>> result;
    if (may_wait) {
        result = api.login.choose_park(app.family, login_token, park_id);
    } else {
        result = api.login.choose_park_at_once(app.family, login_token, park_id);
    }
    if (!result) {
        return std::nullopt;
    }
    if (const auto* refused = std::get_if<LoginRefused>(&*result)) {
        return response_of(*refused);
    }
    const auto& logged_in = std::get<LoggedIn>(*result);
    call.note("park_id", logged_in.park_id);
    call.note("driver_id", logged_in.driver_id);
    return secret_response({{"session_token", logged_in.session_token},
                            {"park_id", logged_in.park_id},
                            {"driver_id", logged_in.driver_id},
                            {"profile_ready_in_ms", logged_in.profile_ready_in.count()}});
}

}  // namespace

std::vector<api::Route> login_routes(const LoginApi& api) {
    const auto with_app = [&api](auto handle) {
        return driver_sessions::with_app(api.apps, [api, handle](const Call& call, const DriverApp& app) {
            api::refuse_query(call);
            return handle(api, call, app);
        });
    };
    const auto step = [&api](const char* pattern, auto handle) {
        return api::Route{.method = "POST",
                          .pattern = pattern,
                          .handler = std::move(handle),
                          .access = api::Route::Access::open,
                          .takes_body = true,
                          .admit = driver_sessions::admit_app(api.apps)};
    };
    constexpr const char* park = "/v1/login/park";
    constexpr api::RouteName park_route{.method = "POST", .pattern = park};
    const auto overloaded = [] { return api::overloaded_response("Too many drivers are choosing a park."); };
    const auto make_child =
        api::on_queue(api.child_queue, with_app([](const LoginApi& login, const Call& call, const DriverApp& app) {
                          return choose_park(login, call, app, true).value();
                      }),
                      api.log, park_route, overloaded);
    const auto choose = api::on_queue(
        api.park_queue,
        [api](const Call& call) -> std::optional<Response> {
            const auto app = driver_sessions::app_of(api.apps, call.request);
            if (const auto* refusal = std::get_if<Response>(&app)) {
                return *refusal;
            }
            api::refuse_query(call);
            return choose_park(api, call, *std::get<const DriverApp*>(app), false);
        },
        make_child, api.log, park_route, overloaded);
    return {step("/v1/login/start", with_app(start)), step("/v1/login/verify", with_app(verify)), step(park, choose)};
}

}  // namespace twinfleet::driver_login
