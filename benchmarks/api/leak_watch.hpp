#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <vector>

#include "benchmarks/api/installation.hpp"

namespace twinfleet::benchmarks {

/// What a process held, by the time since the watch began.
struct HoldingsSample {
    double seconds = 0;
    double resident_mib = 0;
    /// But for the connections of its pools to the stores: these are opened as more work comes at once than ever
    /// before, up to a limit, and kept. That is no leak, yet looks like one for minutes.
    double descriptors = 0;
    double pooled_connections = 0;
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

/// Of the text of /metrics: how many connections the pools of the process have open.
[[nodiscard]] double pooled_connections(std::string_view metrics);

/// Samples the services every 10 s for so long; one result for each.
[[nodiscard]] std::vector<LeakFigures> watch_for_leaks(const std::vector<const Service*>& services,
                                                       std::chrono::seconds duration);

}  // namespace twinfleet::benchmarks
