#include "platform/service/settings/layers.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace twinfleet::service {
namespace {

const std::vector<config::Override>& common_variables() {
    static const std::vector<config::Override> variables{
        {"FLEET_MONGO_URI", "mongo.uri"},
        {"FLEET_POSTGRES_DSN", "postgres.dsn"},
        {"FLEET_REDIS_URI", "redis.uri"},
        {"FLEET_LISTEN", "api.listen"},
        {"FLEET_SERVICE_TOKENS", "api.service_tokens_file"},
        {"FLEET_MONITOR_LISTEN", "monitor.listen"},
    };
    return variables;
}

}  // namespace

std::vector<config::Override> overrides_of(std::string_view shipped, const std::vector<config::Override>& own) {
    auto root = config::Reader::from_text(shipped, "the configuration that ships");
    const auto is_known = [&root](const config::Override& variable) {
        config::Reader section = root;
        std::string_view key = variable.key;
        for (auto dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.')) {
            if (!section.has(key.substr(0, dot))) {
                return false;
            }
            section = section.section(key.substr(0, dot));
            key.remove_prefix(dot + 1);
        }
        return section.has(key);
    };
    std::vector<config::Override> overrides;
    for (const auto* variables : {&common_variables(), &own}) {
        std::copy_if(variables->begin(), variables->end(), std::back_inserter(overrides), is_known);
    }
    return overrides;
}

OwnText read_own(const std::optional<std::filesystem::path>& file) {
    return file ? OwnText{config::read_file(*file), file->string()} : OwnText{{}, "no file"};
}

}  // namespace twinfleet::service
