#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "platform/metrics/registry.hpp"

namespace twinfleet::incremental_cache {

/// What a cache exports; `cache` is the name of its type:
/// - `driver_cache_size{cache}`, `driver_cache_bytes{cache}`: documents, and the memory they take with their indexes
/// - `driver_cache_kept_aside{cache}`: documents that cannot be used as they are
/// - `driver_cache_lag_seconds{cache}`: since the last pass that succeeded began; all changes before that are there
/// - `driver_cache_stale{cache}`: 1 when that is too long ago
/// - `driver_cache_passes_total{cache,mode,outcome}`: mode incremental, full; outcome done, failed
/// - `driver_cache_pass_duration_seconds{cache,mode}`: of those that were done
/// - `driver_cache_changes_total{cache}`: documents that came, changed or went
/// - `driver_cache_dump_writes_total{cache,outcome}`: outcome written, failed
/// - `driver_cache_dump_loads_total{cache,outcome}`: outcome loaded, or why not (DumpRefusal)
/// - `driver_cache_dump_bytes{cache}`, `driver_cache_dump_seconds{cache}`: of the last dump: its file, and how long it
///   took to write
class CacheMetrics {
public:
    /// `registry` outlives it.
    CacheMetrics(metrics::Registry& registry, std::string_view cache);

    void pass_done(std::string_view mode, std::chrono::nanoseconds duration);
    void pass_failed(std::string_view mode);
    void dump_written(std::uint64_t bytes, std::chrono::nanoseconds duration);
    void dump_failed();
    void dump_loaded(std::string_view outcome);

    metrics::Gauge size;
    metrics::Gauge bytes;
    metrics::Gauge kept_aside;
    metrics::Gauge lag_seconds;
    metrics::Gauge stale;
    metrics::Counter changes;

private:
    std::string cache_;
    metrics::Family<metrics::Counter>& passes_;
    metrics::Family<metrics::Histogram>& durations_;
    metrics::Family<metrics::Counter>& dump_writes_;
    metrics::Family<metrics::Counter>& dump_loads_;
    metrics::Gauge dump_bytes_;
    metrics::Gauge dump_seconds_;
};

}  // namespace twinfleet::incremental_cache
