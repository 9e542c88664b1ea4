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

/// What config.yaml says; the meaning of each key is told there.
struct Settings : service::CommonSettings {
    mongo::Settings mongo;
    redis::Settings redis;
    http::ClientSettings synchronizer;
    /// Good for driver_apps::DriverApps.
    std::vector<driver_apps::DriverApp> families;
    driver_login::LoginSettings login;
    /// Empty: one of this process.
    std::string login_code_key;
    platform::WorkQueue::Settings park_queue;
    /// Good for http::TrustedProxies.
    std::vector<std::string> trusted_proxies;

    /// Either the outbox or the gateway takes the messages.
    struct TextMessages {
        /// Empty: none.
        std::string outbox_file;
        /// With an empty base_url there is none.
        driver_login::HttpTextMessagesSettings gateway;
        driver_login::MessageQueueSettings queue;
    };
    TextMessages text_messages;

    driver_sessions::SessionSettings sessions;
    driver_positions::PositionSettings positions;
    driver_cache::Settings cache;
};

[[nodiscard]] const service::Layers<Settings>& settings_layers();

}  // namespace twinfleet::driver_protocol_app
