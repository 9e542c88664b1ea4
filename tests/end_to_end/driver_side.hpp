#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "tests/end_to_end/installation.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::end_to_end {

/// What an app is told.
struct Answer {
    /// 0: nobody answered.
    int status = 0;
    boost::json::object body = {};
    std::map<std::string, std::string> headers = {};

    /// The code of a refusal; empty where there is none.
    [[nodiscard]] std::string code() const;
};

inline constexpr const char* taximeter = "Taximeter 9.61 (1234)";
inline constexpr const char* vezet = "Taximeter-Vezet 9.61 (1234)";

/// An app on a driver's phone: its User-Agent, and the session it was given.
class App {
public:
    App(std::uint16_t port, std::string user_agent) : port_(port), user_agent_(std::move(user_agent)) {}

    [[nodiscard]] Answer ask(const std::string& method, const std::string& target, const std::string& body = {}) const;
    [[nodiscard]] Answer start(const std::string& phone) const;
    [[nodiscard]] Answer verify(const std::string& login_id, const std::string& code) const;
    [[nodiscard]] Answer choose(const std::string& login_token, const std::string& park_id) const;
    [[nodiscard]] Answer set_status(const std::string& status) const;
    /// Empty when it is not told.
    [[nodiscard]] std::string status() const;
    [[nodiscard]] Answer profile() const { return ask("GET", "/v1/driver/profile"); }
    [[nodiscard]] Answer log_out() const { return ask("POST", "/v1/logout"); }
    /// One position, so long ago.
    [[nodiscard]] Answer send_position(double lat, double lon, std::chrono::milliseconds age) const;
    /// The latitudes, by time.
    [[nodiscard]] std::vector<double> track() const;

    /// Shown from now on.
    void use_session(std::string token) { session_token_ = std::move(token); }
    [[nodiscard]] const std::string& session_token() const noexcept { return session_token_; }

private:
    std::uint16_t port_;
    std::string user_agent_;
    std::string session_token_;
};

/// driver-protocol beside fleet-synchronizer, on stores of which Redis keeps what it was told (append-only file). Of
/// the cities Chicago is mirrored.
class DriverSide : public EndToEndTest {
protected:
    DriverSide();

    /// Both, from the configuration that ships and what is to differ from it.
    void serve(std::string_view own_configuration = {});
    void serve_synchronizer();
    void serve_driver_protocol();
    /// Starts a further replica of driver-protocol on the same stores, with the same configuration.
    struct Replica {
        Program program;
        std::uint16_t port;
    };
    [[nodiscard]] Replica serve_replica();

    [[nodiscard]] App app(std::string user_agent) const { return {port_, std::move(user_agent)}; }
    /// Of the last message to that phone; empty when there is none.
    [[nodiscard]] std::string code_sent_to(const std::string& phone) const;
    /// Waits for a message after `earlier` ones; the last one's code.
    [[nodiscard]] std::string await_code(const std::string& phone, std::size_t earlier = 0);
    [[nodiscard]] std::size_t messages_to(const std::string& phone) const;
    /// start and verify; the login token, with the parks that are offered.
    struct LoggedIn {
        std::string login_token;
        std::vector<std::string> parks;
    };
    [[nodiscard]] LoggedIn verified(const App& app, const std::string& phone);
    /// The whole flow, into the first park that is offered; the last answer.
    Answer log_in(App& app, const std::string& phone);
    /// Asks again until it holds; false when it does not within 20 s.
    [[nodiscard]] bool reaches(const std::function<bool()>& condition,
                               std::chrono::milliseconds timeout = std::chrono::seconds(20));
    /// Until another code may be asked for, where `login.resend_after_s` is 1.
    void await_resend();
    /// Until driver-protocol's cache has this driver of a parent park.
    void await_in_cache(const std::string& driver_id);

    /// With a service token.
    [[nodiscard]] Answer ask_as_service(const std::string& method, const std::string& target,
                                        const std::string& body = {}) const {
        return ask_as_service(port_, method, target, body);
    }
    /// The same of the replica on this port.
    [[nodiscard]] static Answer ask_as_service(std::uint16_t port, const std::string& method, const std::string& target,
                                               const std::string& body = {});
    /// Whether the cache of the replica on this port has this driver.
    [[nodiscard]] static bool is_in_cache(std::uint16_t port, const std::string& driver_id);
    [[nodiscard]] std::string phone_of(const std::string& driver_id) const;

private:
    /// Waits until it is ready. `data` is the name of its folder.
    [[nodiscard]] Program start_driver_protocol(std::uint16_t port, std::uint16_t monitor_port,
                                                const std::string& data) const;

protected:
    testing::RedisServer redis_;
    /// What driver-protocol is told: that of `redis_`, unless a test says otherwise before it serves.
    std::string redis_uri_ = redis_.uri();
    std::optional<Installation::Service> synchronizer_;
    std::optional<Program> driver_protocol_;
    std::uint16_t port_ = 0;
    std::uint16_t monitor_port_ = 0;
    std::uint16_t synchronizer_port_ = 0;
};

}  // namespace twinfleet::end_to_end
