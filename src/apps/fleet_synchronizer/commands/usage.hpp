#pragma once

#include <optional>
#include <vector>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::fleet_synchronizer {

/// Whether a command is wrong, and says on the console what is wrong with it: a family that is not among the configured
/// `families`, or the users job where access-control is not configured. nullopt stands for the commands that every
/// service has. `has_access_control` says whether access-control is configured, without which users and groups cannot
/// be mirrored.
[[nodiscard]] bool is_wrong_usage(const std::optional<Command>& command, const std::vector<domain::AppFamily>& families,
                                  bool has_access_control, Console& console);

}  // namespace twinfleet::fleet_synchronizer
