#pragma once

#include <cstdint>

#include "benchmarks/api/installation.hpp"
#include "benchmarks/api/report.hpp"

namespace twinfleet::benchmarks {

/// Empties the stores, fills access-control by its API with so many parks of 20 users in two groups, and measures the
/// users job. Left out where fleet-synchronizer has no such job.
void measure_users_job(const Installation& installation, std::uint32_t parks, Report& report);

}  // namespace twinfleet::benchmarks
