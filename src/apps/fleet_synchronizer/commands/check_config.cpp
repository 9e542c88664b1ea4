#include "apps/fleet_synchronizer/commands/check_config.hpp"

#include "apps/fleet_synchronizer/settings.hpp"
#include "apps/fleet_synchronizer/startup/city_configuration.hpp"

namespace twinfleet::fleet_synchronizer {

ExitCode check_config(const std::filesystem::path& file, const config::Environment& environment, Console& console) {
    // A value that the environment hides today is checked, too.
    const auto empty_environment = [](const std::string&) { return std::optional<std::string>(); };
    static_cast<void>(read_settings(file, empty_environment));
    const Settings settings = read_settings(file, environment);
    log::NullLogger log;
    const CityConfiguration cities(settings.typed_configs, CityConfiguration::Reload::never, log);
    console.print("ok");
    console.flush();
    return ExitCode::done;
}

}  // namespace twinfleet::fleet_synchronizer
