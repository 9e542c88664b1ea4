#pragma once

#include "platform/metrics/registry.hpp"

namespace twinfleet::metrics {

/// What Prometheus' client libraries tell of every process, under the same names
/// (prometheus.io/docs/instrumenting/writing_clientlibs, "Process metrics"): process_cpu_seconds_total,
/// process_resident_memory_bytes, process_virtual_memory_bytes, process_open_fds, process_max_fds and
/// process_start_time_seconds. Read from /proc/self before each text(); what cannot be read stays at 0.
void add_process_metrics(Registry& registry);

}  // namespace twinfleet::metrics
