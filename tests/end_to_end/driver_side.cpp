#include "tests/end_to_end/driver_side.hpp"

#include <fstream>
#include <regex>
#include <stdexcept>

#include "platform/clock/time_text.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/loopback_port.hpp"

namespace twinfleet::end_to_end {
namespace {

Answer ask(std::uint16_t port, const std::string& method, const std::string& target,
           std::map<std::string, std::string> headers, const std::string& body) {
    if (!body.empty()) {
        headers.try_emplace("Content-Type", "application/json");
    }
    const auto answer = testing::http_request(port, method, target, headers, body);
    if (!answer) {
        return {};
    }
    return {answer->status, answer->body.empty() ? boost::json::object() : testing::json_object(answer->body),
            answer->headers};
}

std::string json(const boost::json::object& object) {
    return boost::json::serialize(object);
}

/// The number in a message to a person.
std::string code_in(const std::string& message) {
    std::smatch found;
    if (!std::regex_search(message, found, std::regex("[0-9]{6}"))) {
        throw std::runtime_error("a message without a code");
    }
    return found.str();
}

std::string now_text(std::chrono::milliseconds age) {
    return platform::time_text(platform::SystemClock().now() - age);
}

}  // namespace

std::string Answer::code() const {
    return body.contains("code") ? text(body, "code") : std::string();
}

Answer App::ask(const std::string& method, const std::string& target, const std::string& body) const {
    std::map<std::string, std::string> headers{{"User-Agent", user_agent_}};
    if (!session_token_.empty()) {
        headers["Authorization"] = "Bearer " + session_token_;
    }
    return end_to_end::ask(port_, method, target, std::move(headers), body);
}

Answer App::start(const std::string& phone) const {
    return ask("POST", "/v1/login/start", json({{"phone", phone}}));
}

Answer App::verify(const std::string& login_id, const std::string& code) const {
    return ask("POST", "/v1/login/verify", json({{"login_id", login_id}, {"code", code}}));
}

Answer App::choose(const std::string& login_token, const std::string& park_id) const {
    return ask("POST", "/v1/login/park", json({{"login_token", login_token}, {"park_id", park_id}}));
}

Answer App::set_status(const std::string& status) const {
    return ask("PUT", "/v1/driver/status", json({{"status", status}}));
}

std::string App::status() const {
    const Answer answer = ask("GET", "/v1/driver/status");
    return answer.status == 200 ? text(answer.body, "status") : std::string();
}

Answer App::send_position(double lat, double lon, std::chrono::milliseconds age) const {
    return ask("POST", "/v1/driver/positions",
               json({{"positions", {boost::json::object{{"lat", lat}, {"lon", lon}, {"timestamp", now_text(age)}}}}}));
}

std::vector<double> App::track() const {
    std::vector<double> latitudes;
    const Answer answer = ask("GET", "/v1/driver/track");
    if (answer.status != 200) {
        throw std::runtime_error("no track: " + json(answer.body));
    }
    for (const auto& position : answer.body.at("positions").as_array()) {
        latitudes.push_back(position.at("lat").to_number<double>());
    }
    return latitudes;
}

DriverSide::DriverSide() : redis_(testing::RedisServer::Persistence::append_only_file) {
    installation_.enable_cities({"Chicago"});
}

void DriverSide::serve(std::string_view own_configuration) {
    const auto file = installation_.folder() / "driver-protocol.yaml";
    std::ofstream(file) << own_configuration;
    // It may hold secrets.
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    serve_synchronizer();
    serve_driver_protocol();
}

void DriverSide::serve_synchronizer() {
    synchronizer_.reset();
    if (synchronizer_port_ == 0) {
        synchronizer_port_ = testing::free_loopback_port();
    }
    synchronizer_.emplace(installation_.serve(synchronizer_port_));
}

void DriverSide::serve_driver_protocol() {
    driver_protocol_.reset();
    if (port_ == 0) {
        port_ = testing::free_loopback_port();
        monitor_port_ = testing::free_loopback_port();
    }
    driver_protocol_.emplace(start_driver_protocol(port_, monitor_port_, "driver-protocol"));
}

DriverSide::Replica DriverSide::serve_replica() {
    const auto port = testing::free_loopback_port();
    return {start_driver_protocol(port, testing::free_loopback_port(), "driver-protocol-" + std::to_string(port)),
            port};
}

Program DriverSide::start_driver_protocol(std::uint16_t port, std::uint16_t monitor_port,
                                          const std::string& data) const {
    const auto& folder = installation_.folder();
    std::vector<std::string> arguments{"serve"};
    if (std::filesystem::file_size(folder / "driver-protocol.yaml") > 0) {
        arguments.insert(arguments.end(), {"--config", folder / "driver-protocol.yaml"});
    }
    Program program(testing::Command{
        .program = built_program("driver-protocol"),
        .arguments = arguments,
        .environment = {{"FLEET_MONGO_URI", installation_.stores().mongo_uri},
                        {"FLEET_REDIS_URI", redis_uri_},
                        {"FLEET_SYNCHRONIZER_URL", "http://127.0.0.1:" + std::to_string(synchronizer_port_)},
                        {"FLEET_SERVICE_TOKEN", Installation::token},
                        {"FLEET_SERVICE_TOKENS", folder / "service_tokens.yaml"},
                        {"FLEET_SMS_OUTBOX", folder / "outbox.jsonl"},
                        {"FLEET_DATA_DIR", folder / data},
                        {"FLEET_LISTEN", "127.0.0.1:" + std::to_string(port)},
                        {"FLEET_MONITOR_LISTEN", "127.0.0.1:" + std::to_string(monitor_port)}}});
    const auto is_ready = [&] {
        const auto answer = testing::http_get(monitor_port, "/ready");
        return answer && answer->status == 200;
    };
    if (!program.reaches(is_ready, 20s)) {
        throw std::runtime_error("driver-protocol does not become ready; it said:\n" + program.out() + program.error());
    }
    return program;
}

std::string DriverSide::code_sent_to(const std::string& phone) const {
    std::string code;
    std::ifstream outbox(installation_.folder() / "outbox.jsonl");
    for (std::string line; std::getline(outbox, line);) {
        const auto message = testing::json_object(line);
        if (text(message, "phone") == phone) {
            code = code_in(text(message, "text"));
        }
    }
    return code;
}

std::size_t DriverSide::messages_to(const std::string& phone) const {
    std::size_t messages = 0;
    std::ifstream outbox(installation_.folder() / "outbox.jsonl");
    for (std::string line; std::getline(outbox, line);) {
        messages += text(testing::json_object(line), "phone") == phone ? 1 : 0;
    }
    return messages;
}

std::string DriverSide::await_code(const std::string& phone, std::size_t earlier) {
    if (!reaches([&] { return messages_to(phone) > earlier; })) {
        throw std::runtime_error("no message came");
    }
    return code_sent_to(phone);
}

DriverSide::LoggedIn DriverSide::verified(const App& app, const std::string& phone) {
    const std::size_t earlier = messages_to(phone);
    const Answer started = app.start(phone);
    if (started.status != 200) {
        throw std::runtime_error("not started: " + json(started.body));
    }
    const Answer answer = app.verify(text(started.body, "login_id"), await_code(phone, earlier));
    if (answer.status != 200) {
        throw std::runtime_error("not verified: " + json(answer.body));
    }
    LoggedIn result{.login_token = text(answer.body, "login_token"), .parks = {}};
    for (const auto& park : answer.body.at("parks").as_array()) {
        result.parks.push_back(text(park.as_object(), "park_id"));
    }
    return result;
}

Answer DriverSide::log_in(App& app, const std::string& phone) {
    const LoggedIn login = verified(app, phone);
    if (login.parks.empty()) {
        throw std::runtime_error("no park is offered");
    }
    Answer answer = app.choose(login.login_token, login.parks.front());
    if (answer.status == 200) {
        app.use_session(text(answer.body, "session_token"));
    }
    return answer;
}

bool DriverSide::reaches(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
    return driver_protocol_->reaches(condition, timeout);
}

bool DriverSide::is_in_cache(std::uint16_t port, const std::string& driver_id) {
    const Answer answer =
        ask_as_service(port, "POST", "/v1/internal/drivers/retrieve", R"({"ids":[")" + driver_id + "\"]}");
    return answer.status == 200 && answer.body.at("items").as_array().at(0).at("found").as_bool();
}

void DriverSide::await_resend() {
    const auto since = std::chrono::steady_clock::now();
    if (!reaches([since] { return std::chrono::steady_clock::now() - since > 1'100ms; })) {
        throw std::runtime_error("driver-protocol has ended");
    }
}

void DriverSide::await_in_cache(const std::string& driver_id) {
    if (!reaches([&] { return is_in_cache(port_, driver_id); })) {
        throw std::runtime_error(driver_id + " does not get into the cache");
    }
}

Answer DriverSide::ask_as_service(std::uint16_t port, const std::string& method, const std::string& target,
                                  const std::string& body) {
    return ask(port, method, target, {{"Authorization", std::string("Bearer ") + Installation::token}}, body);
}

std::string DriverSide::phone_of(const std::string& driver_id) const {
    const auto document = installation_.document("drivers", driver_id);
    if (!document) {
        throw std::runtime_error("no driver " + driver_id);
    }
    return std::string((*document->view().find("phones")->document().begin()).string());
}

}  // namespace twinfleet::end_to_end
