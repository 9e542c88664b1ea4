#include "platform/incremental_cache/cache_metrics.hpp"

namespace twinfleet::incremental_cache {
namespace {

double seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

metrics::Gauge gauge(metrics::Registry& registry, std::string_view cache, const std::string& name,
                     const std::string& help) {
    return registry.gauges(name, help, {"cache"}).with({cache});
}

}  // namespace

CacheMetrics::CacheMetrics(metrics::Registry& registry, std::string_view cache)
    : size(gauge(registry, cache, "driver_cache_size", "Documents in a cache")),
      bytes(gauge(registry, cache, "driver_cache_bytes", "Memory of a cache's documents and indexes")),
      kept_aside(gauge(registry, cache, "driver_cache_kept_aside", "Documents that cannot be used as they are")),
      lag_seconds(gauge(registry, cache, "driver_cache_lag_seconds",
                        "Seconds since the last incremental pass that succeeded began")),
      stale(gauge(registry, cache, "driver_cache_stale", "1 while no pass has succeeded for too long")),
      changes(registry.counters("driver_cache_changes_total", "Documents that came, changed or went", {"cache"})
                  .with({cache})),
      cache_(cache),
      passes_(registry.counters("driver_cache_passes_total", "Passes over a cache's collection",
                                {"cache", "mode", "outcome"})),
      durations_(registry.histograms("driver_cache_pass_duration_seconds", "Duration of passes that were done",
                                     {"cache", "mode"}, metrics::pass_seconds_buckets())),
      dump_writes_(registry.counters("driver_cache_dump_writes_total", "Dumps written to disk", {"cache", "outcome"})),
      dump_loads_(registry.counters("driver_cache_dump_loads_total", "Dumps read at start", {"cache", "outcome"})),
      dump_bytes_(gauge(registry, cache, "driver_cache_dump_bytes", "Size of the last dump")),
      dump_seconds_(gauge(registry, cache, "driver_cache_dump_seconds", "Duration of writing the last dump")) {}

void CacheMetrics::pass_done(std::string_view mode, std::chrono::nanoseconds duration) {
    passes_.with({cache_, mode, "done"}).increment();
    durations_.with({cache_, mode}).observe(seconds(duration));
}

void CacheMetrics::pass_failed(std::string_view mode) {
    passes_.with({cache_, mode, "failed"}).increment();
}

void CacheMetrics::dump_written(std::uint64_t written_bytes, std::chrono::nanoseconds duration) {
    dump_writes_.with({cache_, "written"}).increment();
    dump_bytes_.set(static_cast<double>(written_bytes));
    dump_seconds_.set(seconds(duration));
}

void CacheMetrics::dump_failed() {
    dump_writes_.with({cache_, "failed"}).increment();
}

void CacheMetrics::dump_loaded(std::string_view outcome) {
    dump_loads_.with({cache_, outcome}).increment();
}

}  // namespace twinfleet::incremental_cache
