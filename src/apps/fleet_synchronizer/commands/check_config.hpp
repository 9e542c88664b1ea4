#pragma once

#include <filesystem>

#include "apps/fleet_synchronizer/output/console.hpp"
#include "platform/config/reader.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// `config check`: `ok` on stdout, or throws config::Error with what is wrong: in the file by itself, in what the
/// environment makes of it, or in the configuration by city that it names.
[[nodiscard]] process::ExitCode check_config(const std::filesystem::path& file, const config::Environment& environment,
                                             Console& console);

}  // namespace twinfleet::fleet_synchronizer
