#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_login/children/child_drivers.hpp"
#include "capabilities/driver_login/login_metrics.hpp"
#include "capabilities/driver_login/login_refusal.hpp"
#include "capabilities/driver_login/login_settings.hpp"
#include "capabilities/driver_login/secrets/login_secrets.hpp"
#include "capabilities/driver_login/store/login_store.hpp"
#include "capabilities/driver_login/text_messages/message_queue.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/clock/clock.hpp"
#include "platform/log/logger.hpp"

/// How a driver gets a session, in three steps: he gives his phone, sends back the code of a text message, and chooses
/// a park (contract, section 4, "Login"; OWASP ASVS 5.0, chapters 6 and 7; NIST SP 800-63B-4, sections 3.1.3 and
/// 3.2.2).
namespace twinfleet::driver_login {

/// The first step succeeded; the code is on its way.
struct LoginStarted {
    /// Names this login in the next step; 32 hex digits.
    std::string login_id;
};

/// The second step succeeded: the code was right.
struct CodeVerified {
    /// Admits to the third step; 64 hex digits.
    std::string login_token;
    /// Those that the driver can choose (offered_parks()).
    std::vector<driver_cache::Park> parks;
    /// By this the phone knows the device from now on: it shows it with further log-ins. 64 hex digits, random.
    std::string device_token;
};

/// Who calls, for what is counted by device and by address (LoginLimits).
struct Caller {
    /// http::subscriber_of() and http::network_of() his address.
    std::string address;
    std::string network;
    /// What an earlier log-in from this device gave; empty when it shows none. Others than that count as none.
    std::string device_token = {};
};

/// The third step succeeded: the driver has a session.
struct LoggedIn {
    std::string session_token;
    std::string park_id;
    std::string driver_id;
    /// How long until the app can be shown its profile: 0 when this replica has it already, and any other has it by
    /// then or reads it when it is asked for (driver_cache::Newcomers); else FleetDirectory::ready_in().
    std::chrono::milliseconds profile_ready_in;
};

/// What a Login works with. Each part must outlive it.
struct LoginParts {
    LoginStore& store;
    const driver_cache::FleetDirectory& directory;
    ChildDrivers& children;
    driver_sessions::Sessions& sessions;
    MessageQueue& messages;
    const platform::Clock& clock;
    metrics::Registry& registry;
    log::Logger& log;
};

/// The three steps. `family` is that of the calling app. Every step throws platform::StoreUnavailable while a store is
/// away; the code or token of that call may have ended then. Safe to use from any thread.
class Login {
public:
    /// Throws std::invalid_argument for settings that LoginSettings::check() refuses.
    Login(LoginSettings settings, LoginSecrets secrets, const LoginParts& parts);

    /// Makes a code and has it sent to `phone_text`, a phone as the driver wrote it. A phone that no driver has is
    /// treated like any other here; its text message is dropped later and elsewhere (MessageQueue).
    [[nodiscard]] std::variant<LoginStarted, LoginRefused> start(std::string_view family, std::string_view phone_text,
                                                                 const Caller& caller);
    /// Judges the code that the driver sent back; `code` is code_length digits.
    [[nodiscard]] std::variant<CodeVerified, LoginRefused> verify(std::string_view family, std::string_view login_id,
                                                                  std::string_view code, const Caller& caller);
    /// Begins a session in a park, after making the child driver that this may need; a child that the directory knows
    /// is not asked for. The token ends with its first success, before the session begins: of several requests with one
    /// token, only one begins a session.
    [[nodiscard]] std::variant<LoggedIn, LoginRefused> choose_park(std::string_view family,
                                                                   std::string_view login_token,
                                                                   std::string_view park_id);
    /// The same for who must not wait for ChildDrivers: nullopt, and nothing has happened, when a child would have to
    /// be made.
    [[nodiscard]] std::optional<std::variant<LoggedIn, LoginRefused>> choose_park_at_once(std::string_view family,
                                                                                          std::string_view login_token,
                                                                                          std::string_view park_id);

    /// Ends all log-ins of a phone (E.164) that are under way and forgets the devices that it knows, as when it has
    /// changed hands. Sessions are not touched.
    void forget_phone(std::string_view phone);

    [[nodiscard]] const LoginSettings& settings() const noexcept { return settings_; }

private:
    [[nodiscard]] std::variant<LoginStarted, LoginRefused> do_start(std::string_view family,
                                                                    std::string_view phone_text, const Caller& caller);
    [[nodiscard]] std::variant<CodeVerified, LoginRefused> do_verify(std::string_view family, std::string_view login_id,
                                                                     std::string_view code, const Caller& caller);
    /// nullopt: a child has to be made, and `children` is nullptr.
    [[nodiscard]] std::optional<std::variant<LoggedIn, LoginRefused>> do_choose_park(std::string_view family,
                                                                                     std::string_view login_token,
                                                                                     std::string_view park_id,
                                                                                     ChildDrivers* children);
    [[nodiscard]] LoginRefused for_now(LoginRefusal refusal) const { return {refusal, settings_.retry_after}; }
    /// A limit that strangers can use up.
    [[nodiscard]] LoginRefused ceiling(std::string_view name, std::chrono::milliseconds retry_after);
    /// nullopt when the step was counted.
    [[nodiscard]] std::optional<LoginRefused> count(CountedStep step, const Caller& caller, Acquaintance acquaintance,
                                                    platform::Time now);
    /// The phone in E.164; nullopt when it is neither possible nor known.
    [[nodiscard]] std::optional<std::string> read_phone(std::string_view text) const;
    void end_logins(std::string_view phone, std::string_view family);
    [[nodiscard]] std::string phone_key(std::string_view phone) const;
    [[nodiscard]] std::string login_key(std::string_view login_id) const;
    [[nodiscard]] std::string device_key(std::string_view kind, std::string_view device,
                                         std::string_view phone_key) const;
    [[nodiscard]] DeviceKeys device_keys(const Caller& caller, std::string_view phone_key) const;
    [[nodiscard]] Origin origin_of(const Caller& caller) const;
    /// A log-in as it is stored: its phone and when it began, encrypted together.
    [[nodiscard]] std::string seal(const driver_sessions::LogIn& log_in) const;
    /// What seal() was given; nullopt for anything else.
    [[nodiscard]] std::optional<driver_sessions::LogIn> open(std::string_view sealed) const;
    [[nodiscard]] std::string code_digest(std::string_view phone_key, std::string_view code) const;

    // Constant after construction.
    const LoginSettings settings_;
    const LoginSecrets secrets_;
    const LoginParts parts_;
    LoginMetrics metrics_;
};

}  // namespace twinfleet::driver_login
