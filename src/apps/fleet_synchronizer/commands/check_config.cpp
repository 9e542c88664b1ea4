#include "apps/fleet_synchronizer/commands/check_config.hpp"

#include "apps/fleet_synchronizer/settings.hpp"
#include "apps/fleet_synchronizer/startup/city_configuration.hpp"

namespace twinfleet::fleet_synchronizer {

process::ExitCode check_config(const std::filesystem::path& file, const config::Environment& environment,
                               Console& console) {
    const Settings settings = settings_layers().check(file, environment);
    log::NullLogger log;
    const CityConfiguration cities(settings.typed_configs, CityConfiguration::Reload::never, log);
    console.print("ok");
    console.flush();
    return process::ExitCode::done;
}

}  // namespace twinfleet::fleet_synchronizer
