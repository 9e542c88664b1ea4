#pragma once

#include <string>
#include <vector>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::fleet_synchronizer {

/// What is wrong with a command where these families are configured; empty when nothing is. `has_access_control` says
/// whether users and groups can be mirrored.
[[nodiscard]] std::string usage_problem(const Command& command, const std::vector<domain::AppFamily>& families,
                                        bool has_access_control);

/// Whether the command reads or writes documents. The others ask PostgreSQL alone.
[[nodiscard]] bool needs_documents(const Command& command);

/// Whether the command asks which parks are mirrored.
[[nodiscard]] bool needs_cities(const Command& command);

}  // namespace twinfleet::fleet_synchronizer
