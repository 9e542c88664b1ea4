#include "apps/driver_protocol/parts/login_parts.hpp"

#include <string_view>

#include "capabilities/driver_login/parks/offered_parks.hpp"
#include "capabilities/driver_login/text_messages/text_messages_outbox.hpp"

namespace twinfleet::driver_protocol_app {
namespace {

std::unique_ptr<driver_login::TextMessages> make_text_messages(const LoginParts::TextMessages& settings,
                                                               service::Host& host) {
    if (!settings.outbox_file.empty()) {
        host.log().warning("text messages go to a file, and to nobody's phone", {{"file", settings.outbox_file}});
        return std::make_unique<driver_login::OutboxTextMessages>(settings.outbox_file, host.clock(), host.log());
    }
    return std::make_unique<driver_login::HttpTextMessages>(settings.gateway, host.clock(), host.metrics(), host.log());
}

}  // namespace

driver_login::LoginSecrets make_login_secrets(const std::string& code_key, log::Logger& log) {
    if (code_key.empty()) {
        log.warning(
            "no login.code_key is set: logins under way end with this process, no other replica knows them, and "
            "sessions of earlier processes do not end with their phone");
        return driver_login::LoginSecrets::of_this_process();
    }
    return driver_login::LoginSecrets(code_key);
}

service::Store login_redis_store(const redis::Pool& pool, const redis::Settings& settings) {
    return {.name = "login_redis",
            .ping = [] {},
            .usage = [&pool] { return metrics::usage_of(pool); },
            .may_send_password_in_plain = redis::may_send_password_in_plain(settings)};
}

LoginParts::LoginParts(const Settings& settings, const driver_login::LoginSecrets& secrets, const redis::Pool& redis,
                       const driver_apps::DriverApps& apps, const driver_cache::FleetDirectory& directory,
                       driver_cache::Newcomers& newcomers, driver_sessions::Sessions& sessions, service::Host& host)
    : text_messages(make_text_messages(settings.text_messages, host)),
      store(redis, settings.steps.limits),
      message_queue(
          settings.text_messages.queue, *text_messages,
          [&directory](std::string_view phone) { return driver_login::parks_for_codes(directory, phone); }, store,
          host.clock(), host.metrics(), host.log()),
      child_drivers({.client = settings.synchronizer}, host.clock(), host.log()),
      announced_child_drivers(child_drivers, directory, newcomers),
      login(settings.steps, secrets,
            {.store = store,
             .directory = directory,
             .children = announced_child_drivers,
             .sessions = sessions,
             .messages = message_queue,
             .clock = host.clock(),
             .registry = host.metrics(),
             .log = host.log()}),
      trusted_proxies(settings.trusted_proxies),
      park_queue(settings.park_queue),
      child_queue(settings.child_queue),
      api{.apps = apps,
          .login = login,
          .trusted_proxies = trusted_proxies,
          .park_queue = park_queue,
          .child_queue = child_queue,
          .log = host.log()},
      revocation_api{.apps = apps,
                     .sessions = sessions,
                     .directory = directory,
                     .forget_phone = [this](std::string_view phone) { login.forget_phone(phone); },
                     .log = host.log(),
                     .region = settings.steps.region} {
    host.warn_of_plain(settings.synchronizer);
    host.warn_of_plain(settings.text_messages.gateway.client);
}

}  // namespace twinfleet::driver_protocol_app
