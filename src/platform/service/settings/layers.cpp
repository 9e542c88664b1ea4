#include "platform/service/settings/layers.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace twinfleet::service {
namespace {

const std::vector<config::Override>& common_variables() {
    static const std::vector<config::Override> variables{
        {.variable = "FLEET_MONGO_URI", .key = "mongo.uri", .is_secret = true},
        {.variable = "FLEET_POSTGRES_DSN", .key = "postgres.dsn", .is_secret = true},
        {.variable = "FLEET_REDIS_URI", .key = "redis.uri", .is_secret = true},
        {.variable = "FLEET_REDIS_SENTINEL_PASSWORD", .key = "redis.sentinel_password", .is_secret = true},
        {"FLEET_LISTEN", "api.listen"},
        {"FLEET_INTERNAL_LISTEN", "api.internal_listen"},
        {"FLEET_SERVICE_TOKENS", "api.service_tokens_file"},
        {"FLEET_MONITOR_LISTEN", "monitor.listen"},
    };
    return variables;
}

}  // namespace

std::vector<config::Override> overrides_of(std::string_view shipped, const std::vector<config::Override>& own) {
    auto root = config::Reader::from_text(shipped, "the configuration that ships");
    const auto is_known = [&root](const config::Override& variable) {
        config::Reader place = root;
        std::string_view key = variable.key;
        for (auto dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.')) {
            if (!place.has(key.substr(0, dot))) {
                return false;
            }
            place = place.section(key.substr(0, dot));
            key.remove_prefix(dot + 1);
        }
        return place.has(key);
    };
    std::vector<config::Override> overrides;
    for (const auto* variables : {&common_variables(), &own}) {
        std::copy_if(variables->begin(), variables->end(), std::back_inserter(overrides), is_known);
    }
    return overrides;
}

OwnText read_own(const std::optional<std::filesystem::path>& file) {
    return file ? OwnText{config::read_file(*file), file->string(), config::is_open_to_others(*file)}
                : OwnText{{}, "no file", false};
}

}  // namespace twinfleet::service
