#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace twinfleet::benchmarks {

/// Changes linked drivers at an even pace and looks for each change in the driver's child; returns the delay of each
/// change, in seconds, sorted. A change that was not seen within 30 s counts as 30 s.
[[nodiscard]] std::vector<double> measure_delays(const std::string& mongo_uri, int changes_per_second,
                                                 std::chrono::seconds duration);

}  // namespace twinfleet::benchmarks
