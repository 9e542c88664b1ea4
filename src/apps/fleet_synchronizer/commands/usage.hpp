#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::fleet_synchronizer {

/// What is wrong with a command where these families are configured; empty when nothing is. nullopt stands for the
/// commands that every service has. `has_access_control` says whether users and groups can be mirrored.
[[nodiscard]] std::string usage_problem(const std::optional<Command>& command,
                                        const std::vector<domain::AppFamily>& families, bool has_access_control);

}  // namespace twinfleet::fleet_synchronizer
