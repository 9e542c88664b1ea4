#pragma once

#include "benchmarks/api/fleet.hpp"
#include "benchmarks/api/installation.hpp"
#include "benchmarks/api/report.hpp"

namespace twinfleet::benchmarks {

/// Drivers of the fleet who have no child yet, the last ones first, log in to the second app at 5 per second for
/// `seconds`, after 25 who do not count: the whole flow, with the code from the outbox and a child made for each. Every
/// one comes back when he was told to and asks for his profile. They are taken out of the fleet's unlinked drivers.
void measure_logins(const Service& driver_protocol, const Installation& installation, Fleet& fleet, int seconds,
                    Report& report);

}  // namespace twinfleet::benchmarks
