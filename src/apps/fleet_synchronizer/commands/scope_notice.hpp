#pragma once

#include <string>
#include <vector>

#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// Says on stderr which of the cities and parks that were asked for match no parent park. Without this, a misspelt name
/// would look like a fleet in which nothing is to be done. Cities are looked for by reading the parks until each has
/// been found, so a misspelt city costs a read of all parks.
void say_what_no_park_matches(const std::vector<std::string>& cities, const std::vector<std::string>& parks,
                              const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
