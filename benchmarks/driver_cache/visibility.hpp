#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace twinfleet::benchmarks {

struct Visibility {
    /// From the server's answer to a write until the cache shows it, in milliseconds, sorted. One that was not there
    /// after 30 s counts as 30 s.
    std::vector<double> delays_ms;
    /// What was promised, at the median and at most, and how many changes came later than promised to them.
    double promise_ms = 0;
    double promise_ms_max = 0;
    int broken_promises = 0;
};

/// Follows a collection of `drivers` drivers on the server and changes some of them at an even pace.
[[nodiscard]] Visibility measure_visibility(const std::string& mongo_uri, std::uint64_t drivers, int changes,
                                            std::chrono::milliseconds pause);

}  // namespace twinfleet::benchmarks
