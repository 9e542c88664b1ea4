#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_cache/newcomers/newcomers.hpp"
#include "capabilities/driver_login/api/login_http.hpp"
#include "capabilities/driver_login/children/announced_child_drivers.hpp"
#include "capabilities/driver_login/children/child_drivers_http.hpp"
#include "capabilities/driver_login/login.hpp"
#include "capabilities/driver_login/secrets/login_secrets.hpp"
#include "capabilities/driver_login/store/login_store_redis.hpp"
#include "capabilities/driver_login/text_messages/message_queue.hpp"
#include "capabilities/driver_login/text_messages/text_messages_http.hpp"
#include "capabilities/driver_sessions/api/revocation_http.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/concurrency/work_queue.hpp"
#include "platform/http/client_address.hpp"
#include "platform/http_client/client.hpp"
#include "platform/log/logger.hpp"
#include "platform/redis/client.hpp"
#include "platform/service/host.hpp"
#include "platform/service/stores/store.hpp"

namespace twinfleet::driver_protocol_app {

/// The secrets of log-ins, by the setting `login.code_key`. An empty one makes a key of this process, and a warning.
[[nodiscard]] driver_login::LoginSecrets make_login_secrets(const std::string& code_key, log::Logger& log);

/// How drivers get their sessions: text messages, codes, and children made for a log-in.
struct LoginParts {
    /// Either the outbox or the gateway takes the messages.
    struct TextMessages {
        /// Empty: none.
        std::string outbox_file;
        /// With an empty base_url there is none.
        driver_login::HttpTextMessagesSettings gateway;
        driver_login::MessageQueueSettings queue;
    };
    struct Settings {
        /// Of the three steps of a log-in.
        driver_login::LoginSettings steps;
        /// Empty: one of this process.
        std::string code_key;
        /// Good for http::TrustedProxies.
        std::vector<std::string> trusted_proxies;
        /// For choices of a park, and for those of them that wait for fleet-synchronizer.
        platform::WorkQueue::Settings park_queue;
        platform::WorkQueue::Settings child_queue;
        TextMessages text_messages;
        /// fleet-synchronizer, which makes children.
        http::ClientSettings synchronizer;
    };

    /// Everything but `settings` outlives this, and this outlives the API.
    LoginParts(const Settings& settings, const driver_login::LoginSecrets& secrets, const redis::Pool& redis,
               const driver_apps::DriverApps& apps, const driver_cache::FleetDirectory& directory,
               driver_cache::Newcomers& newcomers, driver_sessions::Sessions& sessions, service::Host& host);
    LoginParts(const LoginParts&) = delete;
    LoginParts& operator=(const LoginParts&) = delete;

    // In order of dependency.
    const std::unique_ptr<driver_login::TextMessages> text_messages;
    driver_login::RedisLoginStore store;
    driver_login::MessageQueue message_queue;
    driver_login::HttpChildDrivers child_drivers;
    driver_login::AnnouncedChildDrivers announced_child_drivers;
    driver_login::Login login;
    const http::TrustedProxies trusted_proxies;
    platform::WorkQueue park_queue;
    platform::WorkQueue child_queue;
    const driver_login::LoginApi api;
    /// Ends log-ins with the sessions.
    const driver_sessions::RevocationApi revocation_api;
};

/// The Redis of log-ins as a store whose connections are in the metrics (`login_redis`). The service begins and is
/// ready without it: drivers with a session do not need it. `pool` outlives the result.
[[nodiscard]] service::Store login_redis_store(const redis::Pool& pool, const redis::Settings& settings);

}  // namespace twinfleet::driver_protocol_app
