#include "platform/service_settings/layers.hpp"

#include <array>

namespace twinfleet::service_settings {
namespace {

struct Variable {
    std::string_view name;
    std::string_view section;
    std::string_view key;
};

constexpr std::array variables{
    Variable{"FLEET_MONGO_URI", "mongo", "uri"},
    Variable{"FLEET_POSTGRES_DSN", "postgres", "dsn"},
    Variable{"FLEET_REDIS_URI", "redis", "uri"},
    Variable{"FLEET_TYPED_CONFIGS", "typed_configs", "file"},
    Variable{"FLEET_LISTEN", "api", "listen"},
    Variable{"FLEET_SERVICE_TOKENS", "api", "service_tokens_file"},
    Variable{"FLEET_MONITOR_LISTEN", "monitor", "listen"},
    Variable{"FLEET_SYNCHRONIZER_URL", "synchronizer", "url"},
    Variable{"FLEET_SERVICE_TOKEN", "synchronizer", "service_token"},
    Variable{"FLEET_ACCESS_CONTROL_URL", "access_control", "url"},
    Variable{"FLEET_SERVICE_TOKEN", "access_control", "service_token"},
    Variable{"FLEET_SMS_OUTBOX", "text_messages", "outbox_file"},
    Variable{"FLEET_DATA_DIR", "cache", "folder"},
};

}  // namespace

std::vector<config::Override> overrides_of(std::string_view shipped) {
    auto root = config::Reader::from_text(shipped, "the configuration that ships");
    std::vector<config::Override> overrides;
    for (const Variable& variable : variables) {
        if (root.has(variable.section) && root.section(variable.section).has(variable.key)) {
            overrides.push_back(
                {std::string(variable.name), std::string(variable.section) + "." + std::string(variable.key)});
        }
    }
    return overrides;
}

OwnText read_own(const std::optional<std::filesystem::path>& file) {
    return file ? OwnText{config::read_file(*file), file->string()} : OwnText{{}, "no file"};
}

}  // namespace twinfleet::service_settings
