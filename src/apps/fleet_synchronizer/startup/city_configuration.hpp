#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "platform/log/logger.hpp"
#include "platform/typed_config/typed_configs.hpp"

namespace twinfleet::fleet_synchronizer {

/// The user that a new child park gets beside the copies of its parent's.
struct MasterAccount {
    std::string login;
    std::string display_name;
};

/// The configuration by city (design, "Configuration by city"):
/// - `fleet_mirror_enabled` {enabled}: which parks are mirrored
/// - `fleet_mirror_master_account` {enabled, login, display_name}: which child parks get a master account
/// Safe to use from several threads.
class CityConfiguration {
public:
    struct Settings {
        /// Empty: no city is enabled.
        std::string file;
        /// How often the file is looked at where it is reloaded; at most 2 s.
        std::chrono::milliseconds poll_interval{};
    };
    enum class Reload { never, when_it_changes };

    /// Without a file no park is enabled. Throws config::Error when there is one and it is missing or wrong.
    CityConfiguration(const Settings& settings, Reload reload, log::Logger& log);
    ~CityConfiguration();
    CityConfiguration(const CityConfiguration&) = delete;
    CityConfiguration& operator=(const CityConfiguration&) = delete;

    /// False: there is no file.
    [[nodiscard]] bool is_set() const noexcept { return source_ != nullptr; }
    /// The answers of one moment.
    [[nodiscard]] mirroring::EnabledParks enabled_parks() const;
    /// nullopt: the child of this park gets none.
    [[nodiscard]] std::optional<MasterAccount> master_account(const mirroring::ParentFacts& park,
                                                              const domain::AppFamily& family) const;

private:
    struct MirrorEnabled {
        bool enabled = false;
    };

    typed_config::Registry registry_;
    const typed_config::Handle<MirrorEnabled> mirror_enabled_;
    const typed_config::Handle<std::optional<MasterAccount>> master_account_;
    std::unique_ptr<typed_config::Source> source_;
};

}  // namespace twinfleet::fleet_synchronizer
