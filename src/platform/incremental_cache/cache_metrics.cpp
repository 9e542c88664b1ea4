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

CacheMetrics::CacheMetrics(metrics::Registry& registry, const std::string& prefix, std::string_view cache)
    : size(gauge(registry, cache, prefix + "_size", "Documents in a cache")),
      bytes(gauge(registry, cache, prefix + "_bytes", "Memory of a cache's documents and indexes")),
      kept_aside(gauge(registry, cache, prefix + "_kept_aside", "Documents that cannot be used as they are")),
      lag_seconds(gauge(registry, cache, prefix + "_lag_seconds",
                        "Seconds since the last incremental pass that succeeded began")),
      stale(gauge(registry, cache, prefix + "_stale", "1 while no pass has succeeded for too long")),
      changes(registry.counters(prefix + "_changes_total", "Documents that came, changed or went", {"cache"})
                  .with({cache})),
      cache_(cache),
      passes_(registry.counters(prefix + "_passes_total", "Passes over a cache's collection",
                                {"cache", "mode", "outcome"})),
      durations_(registry.histograms(prefix + "_pass_duration_seconds", "Duration of passes that were done",
                                     {"cache", "mode"}, metrics::pass_seconds_buckets())),
      dump_writes_(registry.counters(prefix + "_dump_writes_total", "Dumps written to disk", {"cache", "outcome"})),
      dump_loads_(registry.counters(prefix + "_dump_loads_total", "Dumps read at start", {"cache", "outcome"})),
      dump_bytes_(gauge(registry, cache, prefix + "_dump_bytes", "Size of the last dump")),
      dump_seconds_(gauge(registry, cache, prefix + "_dump_seconds", "Duration of writing the last dump")) {}

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
