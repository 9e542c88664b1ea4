#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "capabilities/access_control/child_parks/park_cache.hpp"
#include "capabilities/access_control/child_parks/park_memory.hpp"
#include "capabilities/access_control/child_parks/park_source.hpp"
#include "platform/clock/clock.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::access_control {

struct ChildParkSettings {
    /// Parks whose answers are kept in memory; at least 1.
    std::size_t cached_parks_max = 100'000;
    /// How long it is kept in memory that a park is a child. That never changes, so this can be long.
    std::chrono::milliseconds child_lifetime{3'600'000};
    /// How long it is kept in memory that a park is not a child. A park that is not known yet may turn out to be one.
    std::chrono::milliseconds not_child_lifetime{10'000};
    /// For so long a source that was away is not asked again.
    std::chrono::milliseconds source_pause{1'000};
};

/// Tells which parks are children. An answer comes from the memory of the process while it is fresh, from ParkMemory
/// for a park that is known to be a child, and otherwise from the source. Safe to use from any thread.
class ChildParks {
public:
    /// Everything but `settings` must outlive this object.
    ChildParks(const ParkSource& source, ParkMemory& memory, const platform::Clock& clock,
               const ChildParkSettings& settings, log::Logger& log);

    /// Whether the park is a child by what the source says or, while it is away, by what it said last. Throws
    /// platform::StoreUnavailable while the source is away and has never been asked about this park.
    [[nodiscard]] bool is_child(const ParkId& park_id);
    /// For what was learned elsewhere: that this park is a child, and that ParkMemory has it already.
    void note_child(const ParkId& park_id);

private:
    [[nodiscard]] bool ask(const ParkId& park_id);
    void keep(const ParkId& park_id, bool is_child);

    // Constant after construction.
    const ParkSource& source_;
    ParkMemory& memory_;
    const platform::Clock& clock_;
    const ChildParkSettings settings_;
    log::Logger& log_;

    platform::Guarded<ParkCache> cache_;
    platform::Guarded<std::chrono::nanoseconds> source_is_away_until_{std::chrono::nanoseconds::min()};
};

}  // namespace twinfleet::access_control
