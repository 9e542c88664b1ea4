#pragma once

#include <string>
#include <vector>

#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// Says on stderr which of the cities and parks asked for no parent park matches, as a misspelt one would look like a
/// fleet in which nothing is to be done. Reads all parks only when a city is not found among the first ones.
void say_what_no_park_matches(const std::vector<std::string>& cities, const std::vector<std::string>& parks,
                              const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
