#pragma once

#include "benchmarks/api/fleet.hpp"
#include "benchmarks/api/installation.hpp"
#include "benchmarks/api/report.hpp"

namespace twinfleet::benchmarks {

/// Makes children of the fleet's unlinked drivers, each once: first at 5 per second for `steady_seconds`, the others as
/// fast as 16 clients can.
void measure_child_creation(const Service& synchronizer, const Fleet& fleet, int steady_seconds, Report& report);

}  // namespace twinfleet::benchmarks
