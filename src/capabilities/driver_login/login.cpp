#include "capabilities/driver_login/login.hpp"

#include <optional>
#include <utility>

#include "capabilities/driver_login/parks/offered_parks.hpp"
#include "domain/app_family.hpp"
#include "domain/phone.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_login {
namespace {

using driver_cache::WorkStatus;
using driver_sessions::LogIn;

/// Between the phone and the rest of what is sealed; E.164 has none.
constexpr char phone_end = ' ';

std::string message_text(std::string_view pattern, std::string_view code) {
    constexpr std::string_view place = "{code}";
    std::string text(pattern);
    return text.replace(text.find(place), place.size(), code);
}

/// Counts how a step ended.
template <typename Step>
auto counted(metrics::Family<metrics::Counter>& outcomes, std::string_view family, std::string_view success,
             const Step& step) {
    try {
        auto result = step();
        const auto* refused = std::get_if<LoginRefused>(&result);
        outcomes.with({family, refused == nullptr ? success : to_string(refused->refusal)}).increment();
        return result;
    } catch (const platform::StoreUnavailable&) {
        outcomes.with({family, "store_unavailable"}).increment();
        throw;
    }
}

}  // namespace

Login::Login(LoginSettings settings, LoginSecrets secrets, const LoginParts& parts)
    : settings_(std::move(settings)), secrets_(secrets), parts_(parts), metrics_(parts.registry) {
    settings_.check();
}

std::variant<LoginStarted, LoginRefused> Login::start(std::string_view family, std::string_view phone_text,
                                                      std::string_view address) {
    return counted(metrics_.starts, family, "started", [&] { return do_start(family, phone_text, address); });
}

std::variant<CodeVerified, LoginRefused> Login::verify(std::string_view family, std::string_view login_id,
                                                       std::string_view code) {
    return counted(metrics_.verifications, family, "verified", [&] { return do_verify(family, login_id, code); });
}

std::variant<LoggedIn, LoginRefused> Login::choose_park(std::string_view family, std::string_view login_token,
                                                        std::string_view park_id) {
    return counted(metrics_.parks, family, "logged_in", [&] { return do_choose_park(family, login_token, park_id); });
}

// The phone's digest is in the code's by way of the login_id, which belongs to one phone.
std::string Login::code_digest(std::string_view login_id, std::string_view code) const {
    return secrets_.digest("code", std::string(login_id) + ':' + std::string(code));
}

std::string Login::seal(const LogIn& log_in) const {
    return secrets_.seal(log_in.phone + phone_end + to_text(log_in.since));
}

std::optional<LogIn> Login::open(std::string_view sealed) const {
    const auto text = secrets_.open(sealed);
    if (!text) {
        return std::nullopt;
    }
    const auto end = text->find(phone_end);
    const auto since = end == std::string::npos
                           ? std::nullopt
                           : driver_sessions::parse_position(std::string_view(*text).substr(end + 1));
    // A log-in that a replica of an earlier version began counts as begun now.
    return LogIn{.phone = text->substr(0, end), .since = since ? *since : parts_.sessions.now()};
}

std::variant<LoginStarted, LoginRefused> Login::do_start(std::string_view family, std::string_view phone_text,
                                                         std::string_view address) {
    const auto phone = domain::normalize_phone(phone_text, settings_.region);
    if (!phone) {
        return LoginRefused{LoginRefusal::bad_phone};
    }
    if (parts_.directory.is_stale()) {
        return for_now(LoginRefusal::unavailable);
    }
    const auto now = parts_.clock.now();
    if (const auto wait = parts_.store.count_start(secrets_.digest("address", address), now); wait.count() > 0) {
        return LoginRefused{LoginRefusal::too_many_requests, wait};
    }
    // Before a code is counted that nobody would get.
    if (parts_.messages.is_full()) {
        return for_now(LoginRefusal::overloaded);
    }
    const LogIn log_in{.phone = *phone, .since = parts_.sessions.now()};
    const std::string login_id = LoginSecrets::random_id();
    const std::string code = LoginSecrets::random_code();
    const auto added = parts_.store.add_code({.phone_key = secrets_.digest("phone", *phone),
                                              .login_key = secrets_.digest("login_id", login_id),
                                              .code_digest = code_digest(login_id, code),
                                              .sealed_phone = seal(log_in),
                                              .family = std::string(family)},
                                             now);
    switch (added.outcome) {
        case CodeAdded::Outcome::resend_too_early:
            return LoginRefused{LoginRefusal::resend_too_early, added.retry_after};
        case CodeAdded::Outcome::too_many_codes:
            return LoginRefused{LoginRefusal::too_many_codes, added.retry_after};
        case CodeAdded::Outcome::added:
            break;
    }
    // Dropped when others have filled the queue meanwhile, known phone or not; the queue says so.
    parts_.messages.post({.phone = *phone, .text = message_text(settings_.message_text, code)});
    return LoginStarted{login_id};
}

std::variant<CodeVerified, LoginRefused> Login::do_verify(std::string_view family, std::string_view login_id,
                                                          std::string_view code) {
    // Before the code is spent.
    if (parts_.directory.is_stale()) {
        return for_now(LoginRefusal::unavailable);
    }
    const auto now = parts_.clock.now();
    const std::string login_key = secrets_.digest("login_id", login_id);
    const auto sealed_phone = parts_.store.phone_of(login_key, now);
    const auto log_in = sealed_phone ? open(*sealed_phone) : std::nullopt;
    if (!log_in || parts_.sessions.is_revoked(*log_in, family)) {
        return LoginRefused{LoginRefusal::code_expired};
    }
    const std::string& phone = log_in->phone;
    switch (parts_.store.guess({.phone_key = secrets_.digest("phone", phone),
                                .login_key = login_key,
                                .code_digest = code_digest(login_id, code),
                                .family = std::string(family)},
                               now)) {
        case GuessOutcome::expired:
            return LoginRefused{LoginRefusal::code_expired};
        case GuessOutcome::wrong:
            return LoginRefused{LoginRefusal::wrong_code};
        case GuessOutcome::wrong_app:
            return LoginRefused{LoginRefusal::wrong_app};
        case GuessOutcome::too_many:
            parts_.log.warning("all codes of a phone were ended, because wrong ones came",
                               {{"family", family}, {"phone", domain::masked_phone(phone)}});
            return LoginRefused{LoginRefusal::too_many_attempts, settings_.limits.resend_after};
        case GuessOutcome::right:
            break;
    }
    const std::string token = LoginSecrets::random_token();
    parts_.store.put_token(secrets_.digest("login_token", token),
                           {.sealed_phone = seal(*log_in), .family = std::string(family)}, now);
    return CodeVerified{.login_token = token, .parks = offered_parks(parts_.directory, phone, family)};
}

std::variant<LoggedIn, LoginRefused> Login::do_choose_park(std::string_view family, std::string_view login_token,
                                                           std::string_view park_id) {
    const auto& directory = parts_.directory;
    if (directory.is_stale()) {
        return for_now(LoginRefusal::unavailable);
    }
    const std::string token_key = secrets_.digest("login_token", login_token);
    const auto token = parts_.store.find_token(token_key, parts_.clock.now());
    const auto log_in = token ? open(token->sealed_phone) : std::nullopt;
    if (!log_in || parts_.sessions.is_revoked(*log_in, family)) {
        return LoginRefused{LoginRefusal::login_token_expired};
    }
    if (token->family != family) {
        return LoginRefused{LoginRefusal::wrong_app};
    }
    const auto parent = driver_for_park(directory, log_in->phone, family, park_id);
    if (!parent) {
        return LoginRefused{LoginRefusal::not_your_park};
    }
    if (parent->work_status != WorkStatus::working) {
        return LoginRefused{LoginRefusal::driver_not_working};
    }
    driver_sessions::DriverKey driver{.park_id = std::string(park_id), .driver_id = parent->id};
    if (family != domain::main_family) {
        auto made = parts_.children.make(family, parent->id);
        if (const auto* refusal = std::get_if<ChildRefusal>(&made)) {
            return *refusal == ChildRefusal::driver_not_working ? LoginRefused{LoginRefusal::driver_not_working}
                                                                : for_now(LoginRefusal::child_not_made);
        }
        auto& child = std::get<ChildDriver>(made);
        if (child.park_id != park_id) {
            // The parent has moved to another park, which the directory will know soon.
            return for_now(LoginRefusal::child_not_made);
        }
        driver.driver_id = std::move(child.driver_id);
    }
    // Making a child may have taken a while.
    if (!parts_.store.take_token(token_key, parts_.clock.now())) {
        return LoginRefused{LoginRefusal::login_token_expired};
    }
    auto session_token = parts_.sessions.begin(driver, family, *log_in);
    if (!session_token) {
        return LoginRefused{LoginRefusal::login_token_expired};
    }
    LoggedIn logged_in{.session_token = *std::move(session_token)};
    const auto profile = directory.driver(driver.driver_id);
    const bool is_ready = profile && profile->work_status == WorkStatus::working && profile->park_id == driver.park_id;
    logged_in.profile_ready_in = is_ready ? std::chrono::milliseconds(0) : directory.ready_in();
    parts_.log.info("a driver logged in",
                    {{"family", family}, {"park_id", driver.park_id}, {"driver_id", driver.driver_id}});
    logged_in.park_id = std::move(driver.park_id);
    logged_in.driver_id = std::move(driver.driver_id);
    return logged_in;
}

}  // namespace twinfleet::driver_login
