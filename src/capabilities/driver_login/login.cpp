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

using driver_cache::WorkStatus;
using driver_sessions::LogIn;
using driver_sessions::Standing;

/// Between the phone and the rest of what is sealed; E.164 has none.
constexpr char phone_end = ' ';

std::string message_text(std::string_view pattern, std::string_view code) {
    constexpr std::string_view place = "{code}";
    std::string text(pattern);
    return text.replace(text.find(place), place.size(), code);
}

/// Half a digest names a phone, a login or an address without another one of the same name; a quarter one of the few
/// devices of a phone.
constexpr std::size_t key_digits = 32;
constexpr std::size_t device_key_digits = 16;

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
                                                      const Caller& caller) {
    return counted(metrics_.starts, family, "started", [&] { return do_start(family, phone_text, caller); });
}

std::variant<CodeVerified, LoginRefused> Login::verify(std::string_view family, std::string_view login_id,
                                                       std::string_view code, const Caller& caller) {
    return counted(metrics_.verifications, family, "verified",
                   [&] { return do_verify(family, login_id, code, caller); });
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

/// The driver has what he came for, so his older codes are of no use to him.
void Login::end_logins(std::string_view phone, std::string_view family) {
    try {
        parts_.store.end_logins(phone_key(phone), std::string(family));
    } catch (const platform::StoreUnavailable& away) {
        // They end by their time. He has his session.
        parts_.log.warning("codes of a login that has ended stay good for now", {{"reason", away.what()}});
    }
}

void Login::forget_phone(std::string_view phone) {
    parts_.store.forget_phone(phone_key(phone));
}

LoginRefused Login::ceiling(std::string_view name, std::chrono::milliseconds retry_after) {
    metrics_.ceilings.with({name}).increment();
    return {LoginRefusal::too_many_requests, retry_after};
}

std::optional<LoginRefused> Login::count(CountedStep step, const Caller& caller, Acquaintance acquaintance,
                                         platform::Time now) {
    const auto counted = parts_.store.count(step, origin_of(caller), acquaintance, now);
    switch (counted.outcome) {
        case Counted::Outcome::too_many_from_here:
            return ceiling("address", counted.retry_after);
        case Counted::Outcome::too_many_in_total:
            return ceiling(step == CountedStep::start ? "starts" : "wrong_guesses", counted.retry_after);
        case Counted::Outcome::counted:
            break;
    }
    return std::nullopt;
}

std::optional<std::string> Login::read_phone(std::string_view text) const {
    auto read = domain::read_phone(text, settings_.region);
    // What a park has written down for its driver is a phone, whatever the length of numbers in that country.
    if (!read || (!read->is_possible && parts_.directory.drivers_by_phone(read->e164).empty())) {
        return std::nullopt;
    }
    return std::move(read->e164);
}

std::string Login::phone_key(std::string_view phone) const {
    return secrets_.digest("phone", phone).substr(0, key_digits);
}

std::string Login::login_key(std::string_view login_id) const {
    return secrets_.digest("login_id", login_id).substr(0, key_digits);
}

std::string Login::device_key(std::string_view kind, std::string_view device, std::string_view phone_key) const {
    return secrets_.digest(kind, std::string(device) + '\n' + std::string(phone_key)).substr(0, device_key_digits);
}

DeviceKeys Login::device_keys(const Caller& caller, std::string_view phone_key) const {
    return {.token_key = caller.device_token.empty() ? "" : device_key("device token", caller.device_token, phone_key),
            .address_key = device_key("device address", caller.address, phone_key)};
}

Origin Login::origin_of(const Caller& caller) const {
    return {.address_key = caller.address == caller.network
                               ? ""
                               : secrets_.digest("address", caller.address).substr(0, key_digits),
            .network_key = secrets_.digest("network", caller.network).substr(0, key_digits)};
}

std::string Login::code_digest(std::string_view phone_key, std::string_view code) const {
    return secrets_.digest("code", std::string(phone_key) + ':' + std::string(code)).substr(0, key_digits);
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
                                                         const Caller& caller) {
    if (parts_.directory.is_stale()) {
        return domain::read_phone(phone_text, settings_.region) ? for_now(LoginRefusal::unavailable)
                                                                : LoginRefused{LoginRefusal::bad_phone};
    }
    const auto phone = read_phone(phone_text);
    if (!phone) {
        return LoginRefused{LoginRefusal::bad_phone};
    }
    const auto now = parts_.clock.now();
    const std::string phone_key = this->phone_key(*phone);
    const Device device = parts_.store.recognize(phone_key, device_keys(caller, phone_key), now);
    if (const auto refused = count(CountedStep::start, caller, device.acquaintance, now)) {
        return *refused;
    }
    // Before a code is counted that nobody would get.
    if (parts_.messages.is_full()) {
        return for_now(LoginRefusal::overloaded);
    }
    const MessageCount message{.country = domain::calling_code(*phone), .is_to_known_device = device.is_known()};
    if (const auto wait = parts_.store.message_wait(message, now); wait.count() > 0) {
        return ceiling("messages", wait);
    }
    const LogIn log_in{.phone = *phone, .since = parts_.sessions.now()};
    const std::string login_id = LoginSecrets::random_id();
    const std::string code = LoginSecrets::random_code();
    const auto added = parts_.store.add_code({.phone_key = phone_key,
                                              .login_key = login_key(login_id),
                                              .code_digest = code_digest(phone_key, code),
                                              .sealed_phone = seal(log_in),
                                              .family = std::string(family),
                                              .device = device},
                                             now);
    if (added.outcome != CodeAdded::Outcome::added && device.acquaintance == Acquaintance::known_device) {
        // What he may not do with his own phone must not use up what all known devices have in common.
        parts_.store.uncount(CountedStep::start, origin_of(caller), device.acquaintance);
    }
    switch (added.outcome) {
        case CodeAdded::Outcome::resend_too_early:
            return LoginRefused{LoginRefusal::resend_too_early, added.retry_after};
        case CodeAdded::Outcome::too_many_codes:
            return LoginRefused{LoginRefusal::too_many_codes, added.retry_after};
        case CodeAdded::Outcome::too_many_of_strangers:
            return ceiling("phone", added.retry_after);
        case CodeAdded::Outcome::added:
            break;
    }
    // Dropped when others have filled the queue meanwhile, known phone or not; the queue says so.
    parts_.messages.post({.message = {.phone = *phone, .text = message_text(settings_.message_text, code)},
                          .receipt = {.phone_key = phone_key, .device = device, .added_at = now},
                          .count = message});
    return LoginStarted{login_id};
}

std::variant<CodeVerified, LoginRefused> Login::do_verify(std::string_view family, std::string_view login_id,
                                                          std::string_view code, const Caller& caller) {
    // Before the code is spent.
    if (parts_.directory.is_stale()) {
        return for_now(LoginRefusal::unavailable);
    }
    const auto now = parts_.clock.now();
    const auto login = parts_.store.find_login(login_key(login_id), now);
    if (!login) {
        return LoginRefused{LoginRefusal::code_expired};
    }
    const Acquaintance acquaintance = login->device.acquaintance;
    // Counted first and taken back if it was not wrong: guesses side by side meet the limits, too.
    if (const auto refused = count(CountedStep::guess, caller, acquaintance, now)) {
        return *refused;
    }
    const std::string token = LoginSecrets::random_token();
    DeviceKeys remembered = device_keys(caller, login->phone_key);
    const bool shows_its_token =
        acquaintance == Acquaintance::known_device && login->device.key == remembered.token_key;
    std::string device_token = shows_its_token ? caller.device_token : LoginSecrets::random_token();
    remembered.token_key = device_key("device token", device_token, login->phone_key);
    const auto guessed = parts_.store.guess({.login = *login,
                                             .login_key = login_key(login_id),
                                             .code_digest = code_digest(login->phone_key, code),
                                             .family = std::string(family),
                                             .token_key = secrets_.digest("login_token", token),
                                             .remembered = std::move(remembered)},
                                            now);
    if (guessed.outcome != GuessOutcome::wrong && guessed.outcome != GuessOutcome::too_many) {
        parts_.store.uncount(CountedStep::guess, origin_of(caller), acquaintance);
    }
    const auto log_in = open(guessed.sealed_phone);
    switch (guessed.outcome) {
        case GuessOutcome::expired:
            return LoginRefused{LoginRefusal::code_expired};
        case GuessOutcome::wrong:
            return LoginRefused{LoginRefusal::wrong_code};
        case GuessOutcome::wrong_app:
            return LoginRefused{LoginRefusal::wrong_app};
        case GuessOutcome::too_many:
            parts_.log.warning("the codes that a device asked for were ended, because wrong ones came",
                               {{"family", family}, {"phone", domain::masked_phone(log_in ? log_in->phone : "")}});
            return LoginRefused{LoginRefusal::too_many_attempts, settings_.limits.resend_after};
        case GuessOutcome::too_many_of_strangers:
            return ceiling("phone", guessed.retry_after);
        case GuessOutcome::right:
            break;
    }
    // Sealed with another key than that of this process, or revoked meanwhile.
    if (!log_in || parts_.sessions.is_revoked(*log_in, family)) {
        return LoginRefused{LoginRefusal::code_expired};
    }
    if (!guessed.replaced_token_key.empty()) {
        static_cast<void>(parts_.store.take_token(guessed.replaced_token_key, now));
    }
    parts_.store.put_token(secrets_.digest("login_token", token),
                           {.sealed_phone = seal(*log_in), .family = std::string(family)}, now);
    return CodeVerified{.login_token = token,
                        .parks = offered_parks(parts_.directory, log_in->phone, family),
                        .device_token = std::move(device_token)};
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
    if (driver_sessions::standing_of({.park_id = parent->park_id, .driver_id = parent->id}, directory) !=
        Standing::works) {
        return LoginRefused{LoginRefusal::driver_not_working};
    }
    driver_sessions::DriverKey driver{.park_id = std::string(park_id), .driver_id = parent->id};
    const auto known_child = family == domain::main_family
                                 ? std::nullopt
                                 : child_of(directory, {.parent = *parent, .phone = log_in->phone, .park_id = park_id});
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
    auto session_token = parts_.sessions.begin(driver, family, *log_in);
    if (!session_token) {
        return LoginRefused{LoginRefusal::login_token_expired};
    }
    LoggedIn logged_in{.session_token = *std::move(session_token)};
    end_logins(log_in->phone, family);
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
