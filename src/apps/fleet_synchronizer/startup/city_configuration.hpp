#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "platform/log/logger.hpp"
#include "platform/typed_config/typed_configs.hpp"

namespace twinfleet::fleet_synchronizer {

/// The user that a new child park gets beside the copies of the users of its parent.
struct MasterAccount {
    std::string login;
    std::string display_name;
};

/// The configuration by city (design, "Configuration by city"), which answers two questions:
/// - `fleet_mirror_enabled` {enabled}: which parks are mirrored
/// - `fleet_mirror_master_account` {enabled, login, display_name}: which child parks get a master account
///
/// Safe to use from several threads.
class CityConfiguration {
public:
    struct Settings {
        /// The path of the file; empty when there is none.
        std::string file;
        /// The pause between two looks at the file, where the file is reloaded; at most 2 s.
        std::chrono::milliseconds poll_interval{};
    };
    /// Whether a changed file is taken while the process runs.
    enum class Reload { never, when_it_changes };

    /// Reads the file. Without a file no park is enabled. Throws config::Error when a file is named that is missing or
    /// wrong. `log` outlives this.
    CityConfiguration(const Settings& settings, Reload reload, log::Logger& log);
    ~CityConfiguration();
    CityConfiguration(const CityConfiguration&) = delete;
    CityConfiguration& operator=(const CityConfiguration&) = delete;

    /// Whether the text is such a file rather than settings of a program: by a name of the two above, or by a section
    /// with a `default` or with `clauses`. Throws config::Error for a text that is no YAML.
    [[nodiscard]] static bool is_one(std::string_view text, const std::string& file_name);

    /// Whether there is a file.
    [[nodiscard]] bool is_set() const noexcept { return source_ != nullptr; }
    /// The configuration as it is now. The result does not change when the file does.
    [[nodiscard]] mirroring::EnabledParks enabled_parks() const;
    /// The master account of the child of this park in this family; nullopt when that child gets none.
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
