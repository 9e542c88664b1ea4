#pragma once

#include <chrono>

#include "benchmarks/api/fleet.hpp"
#include "benchmarks/api/installation.hpp"
#include "benchmarks/api/report.hpp"

namespace twinfleet::benchmarks {

/// 400 requests a second of all kinds, refused ones among them, to both services for so long, while it is watched what
/// they hold. The first ten seconds of load do not count.
void measure_leaks(const Service& synchronizer, const Service& access_control, const Fleet& fleet,
                   std::chrono::seconds duration, Report& report);

}  // namespace twinfleet::benchmarks
