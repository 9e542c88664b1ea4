#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/support/child_process.hpp"

namespace twinfleet::benchmarks {

/// What a process held, by the time since the watch began.
struct HoldingsSample {
    double seconds = 0;
    double resident_mib = 0;
    double descriptors = 0;
};

struct LeakFigures {
    std::vector<HoldingsSample> samples;
    /// By a straight line through the samples of the second half (least squares).
    double resident_kib_per_minute = 0;
    double descriptors_per_minute = 0;
    /// Whether that line rises, over the second half, by more than 2 % of the memory or by more than two descriptors:
    /// more than an allocator's keeping and connections that come and go explain.
    bool has_leak = false;
};

[[nodiscard]] LeakFigures leak_figures(std::vector<HoldingsSample> samples);

/// Samples the programs every 10 s for so long; one result for each.
[[nodiscard]] std::vector<LeakFigures> watch_for_leaks(const std::vector<const BackgroundProgram*>& programs,
                                                       std::chrono::seconds duration);

}  // namespace twinfleet::benchmarks
