#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::fleet_synchronizer {

/// What is wrong with a command, for a person: a family that is not among the configured `families`, or the users job
/// where access-control is not configured. Empty when nothing is wrong. nullopt stands for the commands that every
/// service has. `has_access_control` says whether access-control is configured, without which users and groups cannot
/// be mirrored.
[[nodiscard]] std::string usage_problem(const std::optional<Command>& command,
                                        const std::vector<domain::AppFamily>& families, bool has_access_control);

}  // namespace twinfleet::fleet_synchronizer
