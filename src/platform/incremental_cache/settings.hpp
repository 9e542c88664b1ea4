#pragma once

#include <chrono>
#include <filesystem>

namespace twinfleet::incremental_cache {

/// How a cache is kept up to date.
struct Settings {
    /// From the start of one incremental pass to that of the next.
    std::chrono::milliseconds interval{1'000};
    /// So long after its `updated_ts`, by the store's clock, a write may become visible: passes begin that far behind
    /// the watermark. Clocks that set `updated_ts` may differ by less.
    std::chrono::milliseconds overlap{10'000};
    /// From the end of one full pass to the start of the next: drawn evenly from here ...
    std::chrono::seconds full_interval{3'600};
    /// ... to here.
    std::chrono::seconds full_interval_max{7'200};
    /// Without a successful pass for so long, the cache says that it is stale.
    std::chrono::seconds expiry{60};
    /// Longest pause after failed passes in a row.
    std::chrono::milliseconds retry_max{10'000};
    /// Added to the delay that is promised.
    std::chrono::milliseconds ready_margin{100};
    std::chrono::seconds dump_interval{300};
    /// After a start with a dump older than this, everything is read anew at once: what was deleted meanwhile is still
    /// in it.
    std::chrono::seconds dump_age_max{24 * 3'600};
    /// The folder of the dumps; empty: none are written or read.
    std::filesystem::path dump_folder;
};

}  // namespace twinfleet::incremental_cache
