#include "apps/fleet_synchronizer/startup/city_configuration.hpp"

#include <algorithm>
#include <array>

#include "platform/typed_config/typed_config_file.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using typed_config::TypedConfigs;

/// A file that is read once.
class ReadOnce final : public typed_config::Source {
public:
    ReadOnce(const typed_config::Registry& registry, const std::string& file)
        : configs_(TypedConfigs::parse(registry, config::read_file(file), file)) {}
    [[nodiscard]] std::shared_ptr<const TypedConfigs> snapshot() const override { return configs_; }

private:
    const std::shared_ptr<const TypedConfigs> configs_;
};

std::unique_ptr<typed_config::Source> make_source(const CityConfiguration::Settings& settings,
                                                  CityConfiguration::Reload reload, log::Logger& log,
                                                  const typed_config::Registry& registry) {
    if (settings.file.empty()) {
        return nullptr;
    }
    if (reload == CityConfiguration::Reload::never) {
        return std::make_unique<ReadOnce>(registry, settings.file);
    }
    typed_config::FileListener listener;
    listener.changed = [&log](const TypedConfigs& configs) {
        log.info("configuration by city changed", {{"fingerprint", configs.fingerprint()}});
    };
    listener.refused = [&log](const std::string& reason) {
        log.error("configuration by city refused, the old one stays in force", {{"reason", reason}});
    };
    return std::make_unique<typed_config::TypedConfigFile>(
        registry, typed_config::FileSettings{settings.file, settings.poll_interval}, std::move(listener));
}

constexpr const char* mirror_enabled_name = "fleet_mirror_enabled";
constexpr const char* master_account_name = "fleet_mirror_master_account";

/// The arguments that the predicates of the configuration by city may ask for (design, "Configuration by city").
constexpr const char* family_argument = "family";
constexpr const char* city_argument = "city_id";
constexpr const char* country_argument = "country_id";
constexpr const char* park_argument = "park_id";

std::array<typed_config::Argument, 4> arguments_of(const mirroring::ParentFacts& park,
                                                   const domain::AppFamily& family) {
    const auto if_given = [](std::string_view text) { return text.empty() ? std::nullopt : std::optional(text); };
    return {{{family_argument, family.name},
             {city_argument, if_given(park.city_id)},
             {country_argument, if_given(park.country_id)},
             {park_argument, park.id}}};
}

std::optional<MasterAccount> read_master_account(config::Reader value) {
    const bool is_enabled = value.required<bool>("enabled");
    MasterAccount account{.login = value.find<std::string>("login").value_or("master"),
                          .display_name = value.find<std::string>("display_name").value_or("Master account")};
    return is_enabled ? std::optional(std::move(account)) : std::nullopt;
}

}  // namespace

CityConfiguration::CityConfiguration(const Settings& settings, Reload reload, log::Logger& log)
    : registry_({family_argument, city_argument, country_argument, park_argument}),
      mirror_enabled_(registry_.add<MirrorEnabled>(
          mirror_enabled_name, [](config::Reader value) { return MirrorEnabled{value.required<bool>("enabled")}; })),
      master_account_(registry_.add<std::optional<MasterAccount>>(master_account_name, read_master_account)),
      source_(make_source(settings, reload, log, registry_)) {}

CityConfiguration::~CityConfiguration() = default;

bool CityConfiguration::is_one(std::string_view text, const std::string& file_name) {
    auto root = config::Reader::from_text(text, file_name);
    if (root.has(mirror_enabled_name) || root.has(master_account_name)) {
        return true;
    }
    auto entries = root.entries();
    return std::ranges::any_of(
        entries, [](const auto& entry) { return entry.second.has("default") || entry.second.has("clauses"); });
}

std::optional<MasterAccount> CityConfiguration::master_account(const mirroring::ParentFacts& park,
                                                               const domain::AppFamily& family) const {
    return source_ == nullptr ? std::nullopt
                              : source_->snapshot()->evaluate(master_account_, arguments_of(park, family));
}

mirroring::EnabledParks CityConfiguration::enabled_parks() const {
    if (source_ == nullptr) {
        return {[](const mirroring::ParentFacts&, const domain::AppFamily&) { return false; }, "no configuration"};
    }
    const auto configs = source_->snapshot();
    const auto is_enabled = [configs, handle = mirror_enabled_](const mirroring::ParentFacts& park,
                                                                const domain::AppFamily& family) {
        return configs->evaluate(handle, arguments_of(park, family)).enabled;
    };
    return {is_enabled, configs->fingerprint()};
}

}  // namespace twinfleet::fleet_synchronizer
