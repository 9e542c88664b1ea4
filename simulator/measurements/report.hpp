#pragma once

#include <string>
#include <vector>

#include "simulator/simulation.hpp"

namespace twinfleet::simulator {

/// What a run has to reach. Both are shares from 0 to 1.
struct Goals {
    double promises_kept_min = 0.99;
    /// Of all requests, and of all lives as well: those that failed, or had to be given up.
    double errors_max = 0.01;
};

/// Says what a run did not reach, one sentence for each shortcoming. Empty when all is well.
[[nodiscard]] std::vector<std::string> shortcomings(const SimulationResult& result, const Goals& goals);

/// The report as tables, for a person.
[[nodiscard]] std::string report_text(const SimulationResult& result, const Goals& goals);

/// The report as one JSON object, without a line end. `{the same}` stands for the figures of latency_ms:
///
///     drivers, duration_s, logged_in, given_up {reason: count}, requests, requests_per_s, errors
///     operations {name: {count, per_s, errors {code: count}, latency_ms {p50, p90, p99, p99_9, max},
///                        service_ms {the same}}}
///     lateness_ms {the same}, batches_behind
///     positions {sent, accepted, rejected}
///     promises {kept, broken, kept_percent (null: none), promised_ms {...}, ready_ms {...}}
///     independence {made, failed}, checks {name: {made, failed}}, used_tracks, examples [text]
///     shortcomings [text]
///
/// latency_ms counts from when a request was due, service_ms from when it was sent.
[[nodiscard]] std::string report_json(const SimulationResult& result, const Goals& goals);

}  // namespace twinfleet::simulator
