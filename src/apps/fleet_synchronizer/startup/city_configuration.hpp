#pragma once

#include <functional>
#include <memory>

#include "apps/fleet_synchronizer/settings.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "platform/log/logger.hpp"
#include "platform/typed_config/typed_configs.hpp"

namespace twinfleet::fleet_synchronizer {

/// Which parks are mirrored: `fleet_mirror_enabled` of the configuration by city (design, "Configuration by city").
/// Safe to use from several threads.
class CityConfiguration {
public:
    enum class Reload { never, when_it_changes };

    /// Without a file no park is enabled. Throws config::Error when there is one and it is missing or wrong.
    CityConfiguration(const Settings::TypedConfigs& settings, Reload reload, log::Logger& log);
    ~CityConfiguration();
    CityConfiguration(const CityConfiguration&) = delete;
    CityConfiguration& operator=(const CityConfiguration&) = delete;

    /// False: there is no file.
    [[nodiscard]] bool is_set() const noexcept { return source_ != nullptr; }
    /// The answers of one moment.
    [[nodiscard]] mirroring::EnabledParks enabled_parks() const;

private:
    struct MirrorEnabled {
        bool enabled = false;
    };

    typed_config::Registry registry_;
    const typed_config::Handle<MirrorEnabled> mirror_enabled_;
    std::unique_ptr<typed_config::Source> source_;
};

}  // namespace twinfleet::fleet_synchronizer
