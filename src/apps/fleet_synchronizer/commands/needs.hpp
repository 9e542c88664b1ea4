#pragma once

#include <optional>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"

namespace twinfleet::fleet_synchronizer {

/// What the program needs for what its command line asks for, beside PostgreSQL, which it always needs.
struct Needs {
    /// MongoDB: documents are read or written, or their indexes made.
    bool documents = false;
    /// MongoDB has to be the cluster that PostgreSQL belongs to.
    bool right_cluster = false;
    /// Documents or links are written.
    bool writes = false;
    /// The configuration by city: it is asked which parks are mirrored.
    bool cities = false;
    /// Jobs run, so that a person should know which parks or jobs are left out.
    bool jobs = false;
    /// The users job runs wherever access-control is configured: all jobs are asked for rather than some by name.
    bool users_where_possible = false;
};

/// `command`: nullopt for those that every service has, `serve` and `migrate`.
[[nodiscard]] Needs needs_of(const std::optional<Command>& command, bool is_serving);

/// Says on stderr what is left out because its configuration is missing, as that would look like a fleet in which
/// nothing is to be done.
void say_what_is_left_out(const Needs& needs, bool has_cities, bool has_access_control, Console& console);

}  // namespace twinfleet::fleet_synchronizer
