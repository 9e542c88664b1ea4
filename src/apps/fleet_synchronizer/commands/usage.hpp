#pragma once

#include <string>
#include <vector>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::fleet_synchronizer {

/// What is wrong with a command, for a person: a family that is not among the configured `families`, or the users job
/// where access-control is not configured. Empty when nothing is wrong. `has_access_control` says whether
/// access-control is configured, without which users and groups cannot be mirrored.
[[nodiscard]] std::string usage_problem(const Command& command, const std::vector<domain::AppFamily>& families,
                                        bool has_access_control);

/// Whether the command reads or writes the documents of parents and children. Other commands need PostgreSQL alone.
[[nodiscard]] bool needs_documents(const Command& command);

/// Whether the command needs the configuration by city, which says which parks are mirrored.
[[nodiscard]] bool needs_cities(const Command& command);

}  // namespace twinfleet::fleet_synchronizer
