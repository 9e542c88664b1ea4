#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "platform/api/api_server.hpp"
#include "platform/clock/clock.hpp"
#include "platform/http/message.hpp"
#include "simulator/app.hpp"

namespace twinfleet::simulator::testing {

/// driver-protocol as far as the simulator uses it (contract, section 4), in memory: every phone is that of a driver
/// with a park in each app. It can be told to have the faults that the simulator is there to find. Safe to use from any
/// thread.
class FakeDriverProtocol {
public:
    enum class Fault : std::uint8_t {
        none,
        shares_status,
        shares_track,
        shares_profile,
        log_out_ends_both,
        new_session_ends_both,
        keeps_ended_sessions,
        keeps_status_after_log_out,
        accepts_any_code,
        accepts_bad_positions,
        loses_positions,
        is_late_with_profiles,
    };
    using SendMessage = std::function<void(const std::string& phone, const std::string& text)>;

    /// `send_message` is called with a lock held.
    FakeDriverProtocol(Apps apps, const platform::Clock& clock, SendMessage send_message, Fault fault = Fault::none);

    [[nodiscard]] http::Response answer(const http::Request& request);
    /// All endpoints, for an ApiServer.
    [[nodiscard]] std::vector<api::Route> routes();

    static constexpr std::chrono::milliseconds profile_ready_in{200};
    /// Requests still to be answered with 503, from the next one on.
    void be_unavailable(unsigned requests);
    /// Addresses seen in X-Forwarded-For.
    [[nodiscard]] std::set<std::string> addresses() const;
    [[nodiscard]] std::uint64_t requests() const;

private:
    struct Login {
        std::string phone;
        std::string code;
    };
    struct Session {
        std::string driver;
        Side side = 0;
        platform::Time ready_at;
        bool has_ended = false;
    };
    struct Driver {
        std::string status = "offline";
        std::string token;
        /// By milliseconds.
        std::map<std::int64_t, boost::json::object> track;
    };

    http::Response start(Side side, const boost::json::object& body);
    http::Response verify(Side side, const boost::json::object& body);
    http::Response choose_park(Side side, const boost::json::object& body);
    http::Response with_session(Side side, const http::Request& request);
    http::Response profile(const Session& session) const;
    http::Response take_positions(Driver& driver, const boost::json::object& body) const;
    http::Response track(const Driver& driver, const std::string& query) const;
    http::Response log_out(Session& session, const std::string& token);
    [[nodiscard]] Driver& driver(const std::string& phone, Side side);
    void end_session(const std::string& token);

    const Apps apps_;
    const platform::Clock& clock_;
    const SendMessage send_message_;
    const Fault fault_;

    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::map<std::string, Login> logins_;
    /// Phone by login token.
    std::map<std::string, std::string> login_tokens_;
    std::map<std::string, Session> sessions_;
    std::map<std::pair<std::string, Side>, Driver> drivers_;
    std::set<std::string> addresses_;
    std::uint64_t requests_ = 0;
    std::uint64_t names_ = 0;
    unsigned unavailable_ = 0;
};

}  // namespace twinfleet::simulator::testing
