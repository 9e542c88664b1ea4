#pragma once

#include "benchmarks/api/fleet.hpp"
#include "benchmarks/api/installation.hpp"
#include "benchmarks/api/report.hpp"

namespace twinfleet::benchmarks {

struct LinkReadsOptions {
    /// Of each of `rounds` runs of wrk, which go to the plain server and the service in turn.
    int wrk_seconds = 5;
    int rounds = 3;
    int open_loop_seconds = 10;
};

/// Links by id at full load and at a steady pace, and in bulk, beside the plain server with answers of the same sizes.
void measure_link_reads(const Installation& installation, const Service& synchronizer, const Fleet& fleet,
                        const LinkReadsOptions& options, Report& report);

}  // namespace twinfleet::benchmarks
