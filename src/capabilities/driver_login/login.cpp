#include "capabilities/driver_login/login.hpp"

#include <optional>
#include <utility>

#include "capabilities/driver_login/parks/offered_parks.hpp"
#include "capabilities/driver_sessions/standing.hpp"
#include "domain/app_family.hpp"
#include "domain/phone.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_login {
namespace {

using driver_sessions::Standing;

std::string message_text(std::string_view pattern, std::string_view code) {
    constexpr std::string_view place = "{code}";
    std::string text(pattern);
    return text.replace(text.find(place), place.size(), code);
}

template <typename Success>
const std::variant<Success, LoginRefused>* end_of(const std::variant<Success, LoginRefused>& result) {
    return &result;
}
template <typename Success>
const std::variant<Success, LoginRefused>* end_of(const std::optional<std::variant<Success, LoginRefused>>& result) {
    return result ? &*result : nullptr;
}

/// Counts how a step ended, if it did.
template <typename Step>
auto counted(metrics::Family<metrics::Counter>& outcomes, std::string_view family, std::string_view success,
             const Step& step) {
    try {
        auto result = step();
        if (const auto* end = end_of(result)) {
            const auto* refused = std::get_if<LoginRefused>(end);
            outcomes.with({family, refused == nullptr ? success : to_string(refused->refusal)}).increment();
        }
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
    return counted(metrics_.parks, family, "logged_in",
                   [&] { return do_choose_park(family, login_token, park_id, &parts_.children).value(); });
}

std::optional<std::variant<LoggedIn, LoginRefused>> Login::choose_park_at_once(std::string_view family,
                                                                               std::string_view login_token,
                                                                               std::string_view park_id) {
    return counted(metrics_.parks, family, "logged_in",
                   [&] { return do_choose_park(family, login_token, park_id, nullptr); });
}

// The phone's digest is in the code's by way of the login_id, which belongs to one phone.
std::string Login::code_digest(std::string_view login_id, std::string_view code) const {
    return secrets_.digest("code", std::string(login_id) + ':' + std::string(code));
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
    const std::string login_id = LoginSecrets::random_id();
    const std::string code = LoginSecrets::random_code();
    const auto added = parts_.store.add_code({.phone_key = secrets_.digest("phone", *phone),
                                              .login_key = secrets_.digest("login_id", login_id),
                                              .code_digest = code_digest(login_id, code),
                                              .sealed_phone = secrets_.seal(*phone),
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
    const auto phone = sealed_phone ? secrets_.open(*sealed_phone) : std::nullopt;
    if (!phone) {
        return LoginRefused{LoginRefusal::code_expired};
    }
    switch (parts_.store.guess({.phone_key = secrets_.digest("phone", *phone),
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
                               {{"family", family}, {"phone", domain::masked_phone(*phone)}});
            return LoginRefused{LoginRefusal::too_many_attempts, settings_.limits.resend_after};
        case GuessOutcome::right:
            break;
    }
    const std::string token = LoginSecrets::random_token();
    parts_.store.put_token(secrets_.digest("login_token", token),
                           {.sealed_phone = secrets_.seal(*phone), .family = std::string(family)}, now);
    return CodeVerified{.login_token = token, .parks = offered_parks(parts_.directory, *phone, family)};
}

std::optional<std::variant<LoggedIn, LoginRefused>> Login::do_choose_park(std::string_view family,
                                                                          std::string_view login_token,
                                                                          std::string_view park_id,
                                                                          ChildDrivers* children) {
    const auto& directory = parts_.directory;
    if (directory.is_stale()) {
        return for_now(LoginRefusal::unavailable);
    }
    const std::string token_key = secrets_.digest("login_token", login_token);
    const auto token = parts_.store.find_token(token_key, parts_.clock.now());
    const auto phone = token ? secrets_.open(token->sealed_phone) : std::nullopt;
    if (!phone) {
        return LoginRefused{LoginRefusal::login_token_expired};
    }
    if (token->family != family) {
        return LoginRefused{LoginRefusal::wrong_app};
    }
    const auto parent = driver_for_park(directory, *phone, family, park_id);
    if (!parent) {
        return LoginRefused{LoginRefusal::not_your_park};
    }
    if (driver_sessions::standing_of({.park_id = parent->park_id, .driver_id = parent->id}, directory) !=
        Standing::works) {
        return LoginRefused{LoginRefusal::driver_not_working};
    }
    driver_sessions::DriverKey driver{.park_id = std::string(park_id), .driver_id = parent->id};
    const auto known_child = family == domain::main_family
                                 ? std::nullopt
                                 : child_of(directory, {.parent = *parent, .phone = *phone, .park_id = park_id});
    if (known_child && known_child->work_status == WorkStatus::working) {
        driver.driver_id = known_child->id;
    } else if (family != domain::main_family) {
        // One that does not work may be about to, as his parent does: the synchronizer says.
        if (children == nullptr) {
            return std::nullopt;
        }
        auto made = children->make(family, parent->id);
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
    LoggedIn logged_in{.session_token = parts_.sessions.begin(driver, family)};
    const bool is_ready = driver_sessions::standing_of(driver, directory) == Standing::works &&
                          is_profile_ready(directory, driver.park_id, driver.driver_id);
    logged_in.profile_ready_in = is_ready ? std::chrono::milliseconds(0) : directory.ready_in();
    parts_.log.info("a driver logged in",
                    {{"family", family}, {"park_id", driver.park_id}, {"driver_id", driver.driver_id}});
    logged_in.park_id = std::move(driver.park_id);
    logged_in.driver_id = std::move(driver.driver_id);
    return logged_in;
}

}  // namespace twinfleet::driver_login
