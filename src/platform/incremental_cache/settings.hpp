#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>

namespace twinfleet::incremental_cache {

/// How a cache is kept up to date.
struct Settings {
    /// The time from the start of one incremental pass to the start of the next.
    std::chrono::milliseconds interval{1'000};
    /// The time from the start of one quick pass to the start of the next, between incremental passes. A quick pass
    /// brings what was written just now, and reads again only `quick_overlap` of what came before. None where this is
    /// not shorter than `interval`.
    std::chrono::milliseconds quick_interval{250};
    std::chrono::milliseconds quick_overlap{1'000};
    /// How long after its `updated_ts`, by the store's clock, a write may become visible. Each pass begins this far
    /// behind the position that the last one reached. The clocks that set `updated_ts` must differ by less.
    std::chrono::milliseconds overlap{10'000};
    /// The time from the end of one full pass to the start of the next: a random time between full_interval and
    /// full_interval_max, so that several processes do not read everything at once.
    std::chrono::seconds full_interval{3'600};
    std::chrono::seconds full_interval_max{7'200};
    /// How long after the beginning of the last incremental pass that succeeded the cache becomes stale.
    std::chrono::seconds expiry{60};
    /// The longest pause after failed passes in a row; the first one is `interval`.
    std::chrono::milliseconds retry_max{10'000};
    /// The time from the start of one recheck to the start of the next, and how many documents that somebody relies on
    /// are remembered between two of them at most (Recheck).
    std::chrono::milliseconds recheck_interval{3'000};
    std::size_t recheck_documents_max = 50'000;
    /// Added to the delay that CacheUpdater::ready_in() promises.
    std::chrono::milliseconds ready_margin{100};
    /// The time between two dumps.
    std::chrono::seconds dump_interval{300};
    /// When a process starts from a dump that is older than this, a full pass begins at once, since the dump still
    /// holds what was deleted meanwhile.
    std::chrono::seconds dump_age_max{24 * 3'600};
    /// The folder of the dumps. When it is empty, dumps are neither written nor read.
    std::filesystem::path dump_folder;
};

}  // namespace twinfleet::incremental_cache
