#pragma once

#include <string>
#include <vector>

namespace twinfleet::benchmarks {

struct WrkFigures {
    double requests_per_second = 0;
    /// Connections that failed, and answers that were no success.
    std::size_t failures = 0;
};

/// GET of random paths of these over 32 connections, as fast as they are answered, by the program wrk.
[[nodiscard]] WrkFigures run_wrk(const std::string& url, const std::string& authorization,
                                 const std::string& paths_file, int seconds);

}  // namespace twinfleet::benchmarks
