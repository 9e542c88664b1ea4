#include "simulator/testing/fake_driver_protocol.hpp"

#include <cmath>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "platform/api/query.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::simulator::testing {
namespace {

using namespace std::chrono_literals;

http::Response ok(const boost::json::object& body) {
    return {.status = 200, .body = boost::json::serialize(body)};
}

std::string text(const boost::json::object& body, std::string_view field) {
    const auto* value = body.if_contains(field);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<double> number(const boost::json::object& body, std::string_view field) {
    const auto* value = body.if_contains(field);
    return value != nullptr && value->is_number() ? std::optional(value->to_number<double>()) : std::nullopt;
}

std::int64_t milliseconds(platform::Time time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// Empty: it is good.
std::string_view refusal(const boost::json::object& position, platform::Time now) {
    const auto latitude = number(position, "lat");
    const auto longitude = number(position, "lon");
    const auto speed = number(position, "speed");
    const auto time = platform::parse_time(text(position, "timestamp"));
    if (!latitude || !longitude || !speed || !number(position, "accuracy") || !number(position, "direction") || !time) {
        return "bad_field";
    }
    if (std::abs(*latitude) > 90 || std::abs(*longitude) > 180 || (*latitude == 0 && *longitude == 0)) {
        return "bad_coordinates";
    }
    if (*time < now - 24h) {
        return "too_old";
    }
    if (*time > now + 60s) {
        return "in_future";
    }
    return *speed > 100 ? "bad_speed" : "";
}

}  // namespace

FakeDriverProtocol::FakeDriverProtocol(Apps apps, const platform::Clock& clock, SendMessage send_message, Fault fault)
    : apps_(std::move(apps)), clock_(clock), send_message_(std::move(send_message)), fault_(fault) {}

void FakeDriverProtocol::be_unavailable(unsigned requests) {
    const std::lock_guard lock(mutex_);
    unavailable_ = requests;
}

std::set<std::string> FakeDriverProtocol::addresses() const {
    const std::lock_guard lock(mutex_);
    return addresses_;
}

std::uint64_t FakeDriverProtocol::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::vector<api::Route> FakeDriverProtocol::routes() {
    const std::vector<std::pair<std::string, std::string>> endpoints{
        {"POST", "/v1/login/start"},      {"POST", "/v1/login/verify"}, {"POST", "/v1/login/park"},
        {"GET", "/v1/driver/profile"},    {"PUT", "/v1/driver/status"}, {"GET", "/v1/driver/status"},
        {"POST", "/v1/driver/positions"}, {"GET", "/v1/driver/track"},  {"POST", "/v1/logout"}};
    std::vector<api::Route> routes;
    for (const auto& [method, path] : endpoints) {
        routes.push_back(
            {.method = method,
             .pattern = path,
             .handler = api::BlockingHandler([this](const api::Call& call) { return answer(call.request); }),
             .access = api::Route::Access::open});
    }
    return routes;
}

http::Response FakeDriverProtocol::answer(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    ++requests_;
    if (const auto address = request.header("X-Forwarded-For")) {
        addresses_.insert(std::string(*address));
    }
    if (unavailable_ > 0) {
        --unavailable_;
        return http::error_response(503, "unavailable", "for a test", {{"Retry-After", "1"}});
    }
    const auto user_agent = request.header("User-Agent").value_or("");
    const Side side = user_agent == apps_[1].user_agent ? 1 : 0;
    if (user_agent != apps_.at(side).user_agent) {
        return http::error_response(400, "unknown_app", "for a test");
    }
    if (!request.path.starts_with("/v1/login/")) {
        return with_session(side, request);
    }
    const auto body = json::parse_object(request.body);
    if (request.path == "/v1/login/start") {
        return start(side, body);
    }
    return request.path == "/v1/login/verify" ? verify(side, body) : choose_park(side, body);
}

http::Response FakeDriverProtocol::start(Side side, const boost::json::object& body) {
    auto digits = std::to_string(++names_);
    digits.insert(0, 6 - digits.size(), '0');
    const auto login_id = "login" + digits;
    logins_[login_id] = {.phone = text(body, "phone"), .code = digits};
    send_message_(text(body, "phone"), "Your code for " + apps_.at(side).family + ": " + digits);
    return ok({{"login_id", login_id}, {"code_length", 6}, {"resend_after_s", 60}});
}

http::Response FakeDriverProtocol::verify(Side side, const boost::json::object& body) {
    const auto found = logins_.find(text(body, "login_id"));
    if (found == logins_.end()) {
        return http::error_response(410, "code_expired", "for a test");
    }
    if (found->second.code != text(body, "code") && fault_ != Fault::accepts_any_code) {
        return http::error_response(401, "wrong_code", "for a test");
    }
    const auto login_token = "token" + found->second.code;
    login_tokens_[login_token] = found->second.phone;
    logins_.erase(found);
    const auto& family = apps_.at(side).family;
    return ok({{"login_token", login_token},
               {"parks", boost::json::array{
                             boost::json::object{{"park_id", family + "_park"}, {"name", "A"}, {"city_id", "B"}}}}});
}

http::Response FakeDriverProtocol::choose_park(Side side, const boost::json::object& body) {
    const auto found = login_tokens_.find(text(body, "login_token"));
    if (found == login_tokens_.end()) {
        return http::error_response(401, "login_token_expired", "for a test");
    }
    const auto phone = found->second;
    login_tokens_.erase(found);
    auto& chosen = driver(phone, side);
    if (fault_ != Fault::keeps_ended_sessions) {
        end_session(chosen.token);
    }
    if (fault_ == Fault::new_session_ends_both) {
        end_session(driver(phone, other(side)).token);
    }
    chosen.token = "session" + std::to_string(++names_);
    const auto ready_in = fault_ == Fault::is_late_with_profiles ? 2 * profile_ready_in : profile_ready_in / 2;
    sessions_[chosen.token] = {.driver = phone, .side = side, .ready_at = clock_.now() + ready_in};
    return ok({{"session_token", chosen.token},
               {"park_id", text(body, "park_id")},
               {"driver_id", apps_.at(side).family + phone},
               {"profile_ready_in_ms", profile_ready_in.count()}});
}

http::Response FakeDriverProtocol::with_session(Side side, const http::Request& request) {
    auto token = std::string(request.header("Authorization").value_or(""));
    token.erase(0, std::string_view("Bearer ").size());
    const auto found = sessions_.find(token);
    if (found == sessions_.end() || found->second.has_ended) {
        return http::error_response(401, "session_ended", "for a test");
    }
    Session& session = found->second;
    if (session.side != side) {
        return http::error_response(403, "wrong_app", "for a test");
    }
    auto& own = driver(session.driver, side);
    if (request.path == "/v1/driver/profile") {
        return profile(session);
    }
    if (request.path == "/v1/driver/positions") {
        return take_positions(fault_ == Fault::shares_track ? driver(session.driver, 0) : own,
                              json::parse_object(request.body));
    }
    if (request.path == "/v1/driver/track") {
        return track(fault_ == Fault::shares_track ? driver(session.driver, 0) : own, request.query);
    }
    if (request.path == "/v1/logout") {
        return log_out(session, token);
    }
    auto& status = fault_ == Fault::shares_status ? driver(session.driver, 0).status : own.status;
    if (request.method == "PUT") {
        status = text(json::parse_object(request.body), "status");
    }
    return ok({{"status", status}});
}

http::Response FakeDriverProtocol::profile(const Session& session) const {
    if (clock_.now() < session.ready_at) {
        return http::error_response(404, "profile_not_ready", "for a test", {{"Retry-After", "1"}});
    }
    const auto& family = apps_.at(session.side).family;
    const auto& told = fault_ == Fault::shares_profile ? apps_[0].family : family;
    return ok({{"driver_id", told + session.driver}, {"park_id", family + "_park"}, {"family", family}});
}

http::Response FakeDriverProtocol::take_positions(Driver& driver, const boost::json::object& body) const {
    std::int64_t accepted = 0;
    boost::json::array rejected;
    const auto& positions = body.at("positions").as_array();
    for (std::size_t index = 0; index < positions.size(); ++index) {
        const auto& position = positions[index].as_object();
        const auto code = refusal(position, clock_.now());
        if (!code.empty() && fault_ != Fault::accepts_bad_positions) {
            rejected.emplace_back(boost::json::object{{"index", index}, {"code", code}});
            continue;
        }
        ++accepted;
        const auto time = platform::parse_time(text(position, "timestamp"));
        if (time && (fault_ != Fault::loses_positions || index % 4 != 3)) {
            driver.track[milliseconds(*time)] = position;
        }
    }
    return ok({{"accepted", accepted}, {"rejected", std::move(rejected)}});
}

http::Response FakeDriverProtocol::track(const Driver& driver, const std::string& query) const {
    std::map<std::string, std::string> values;
    for (auto& [name, value] : api::read_query(query, {"from", "to", "cursor", "limit"})) {
        values[name] = value;
    }
    auto from = milliseconds(platform::parse_time(values.at("from")).value());
    if (values.contains("cursor")) {
        from = std::stoll(values["cursor"]);
    }
    const auto to = milliseconds(platform::parse_time(values.at("to")).value());
    boost::json::array positions;
    boost::json::value next_cursor;
    for (auto entry = driver.track.lower_bound(from); entry != driver.track.end() && entry->first < to; ++entry) {
        if (positions.size() == std::stoul(values.at("limit"))) {
            next_cursor = std::to_string(entry->first);
            break;
        }
        positions.emplace_back(entry->second);
    }
    return ok({{"positions", std::move(positions)}, {"next_cursor", std::move(next_cursor)}});
}

http::Response FakeDriverProtocol::log_out(Session& session, const std::string& token) {
    auto& own = driver(session.driver, session.side);
    if (fault_ != Fault::keeps_ended_sessions) {
        end_session(token);
    }
    if (fault_ == Fault::log_out_ends_both) {
        end_session(driver(session.driver, other(session.side)).token);
    }
    if (fault_ != Fault::keeps_status_after_log_out) {
        own.status = "offline";
    }
    return {.status = 204};
}

FakeDriverProtocol::Driver& FakeDriverProtocol::driver(const std::string& phone, Side side) {
    return drivers_[{phone, side}];
}

void FakeDriverProtocol::end_session(const std::string& token) {
    if (const auto found = sessions_.find(token); found != sessions_.end()) {
        found->second.has_ended = true;
    }
}

}  // namespace twinfleet::simulator::testing
