#pragma once

#include <string>
#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "capabilities/driver_login/login_settings.hpp"
#include "capabilities/driver_login/text_messages/message_queue.hpp"
#include "capabilities/driver_login/text_messages/text_messages_http.hpp"
#include "capabilities/driver_positions/settings.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/concurrency/work_queue.hpp"
#include "platform/http_client/client.hpp"
#include "platform/mongo/client.hpp"
#include "platform/redis/client.hpp"
#include "platform/service/settings/layers.hpp"

namespace twinfleet::driver_protocol_app {

/// The settings of driver-protocol: what config.yaml holds, where the meaning of each key is told.
struct Settings : service::CommonSettings {
    mongo::Settings mongo;
    redis::Settings redis;
    http::ClientSettings synchronizer;
    /// The apps that drivers use. Once the settings are read, driver_apps::DriverApps takes them.
    std::vector<driver_apps::DriverApp> families;
    driver_login::LoginSettings login;
    /// The secret key of the digests of one-time codes. When it is empty, the process makes one for itself, which no
    /// other replica knows.
    std::string login_code_key;
    /// The threads for the choice of a park, which may wait for fleet-synchronizer.
    platform::WorkQueue::Settings park_queue;
    /// Addresses and networks of proxies. Once the settings are read, http::TrustedProxies takes them.
    std::vector<std::string> trusted_proxies;

    /// Where text messages to drivers go: into the outbox file or to the gateway, never to both.
    struct TextMessages {
        /// The file that messages are written to instead of being sent; empty when there is none.
        std::string outbox_file;
        /// The service that sends messages. With an empty base_url there is no gateway.
        driver_login::HttpTextMessagesSettings gateway;
        driver_login::MessageQueueSettings queue;
    };
    TextMessages text_messages;

    driver_sessions::SessionSettings sessions;
    driver_positions::PositionSettings positions;
    driver_cache::Settings cache;
};

/// How these settings are read from the file that ships, from a file of one's own and from the environment.
[[nodiscard]] const service::Layers<Settings>& settings_layers();

}  // namespace twinfleet::driver_protocol_app
