#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "platform/metrics/registry.hpp"

namespace twinfleet::incremental_cache {

/// The metrics of one cache. `PREFIX` stands for the beginning of their names, which the caller chooses; the label
/// `cache` is the name of the cached type.
///
/// - `PREFIX_size{cache}`: documents in the cache
/// - `PREFIX_bytes{cache}`: the memory that they take, with their indexes
/// - `PREFIX_kept_aside{cache}`: documents that cannot be used as they are
/// - `PREFIX_lag_seconds{cache}`: time since the beginning of the last incremental pass that succeeded; all changes
///   before that are in the cache
/// - `PREFIX_stale{cache}`: 1 when that is too long ago, or there was none since the process started, otherwise 0
/// - `PREFIX_passes_total{cache,mode,outcome}`: passes; mode is incremental, quick, full or recheck, outcome is done or
/// failed
/// - `PREFIX_pass_duration_seconds{cache,mode}`: duration of the passes that succeeded
/// - `PREFIX_changes_total{cache}`: documents that came, changed or went
/// - `PREFIX_dump_writes_total{cache,outcome}`: dumps written to disk; outcome is written or failed
/// - `PREFIX_dump_loads_total{cache,outcome}`: dumps read at start; outcome is loaded, or the reason why not
///   (DumpRefusal)
/// - `PREFIX_dump_bytes{cache}`: size of the file of the last dump
/// - `PREFIX_dump_seconds{cache}`: how long writing it took
class CacheMetrics {
public:
    /// `registry` must outlive this. `prefix` is letters, digits and underscores.
    CacheMetrics(metrics::Registry& registry, const std::string& prefix, std::string_view cache);

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
