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
    /// A child park never becomes another park.
    std::chrono::milliseconds child_lifetime{3'600'000};
    std::chrono::milliseconds not_child_lifetime{10'000};
    /// A source that was away is left alone for so long.
    std::chrono::milliseconds source_pause{1'000};
};

/// Which parks are children. Safe to use from any thread.
class ChildParks {
public:
    ChildParks(const ParkSource& source, ParkMemory& memory, const platform::Clock& clock,
               const ChildParkSettings& settings, log::Logger& log);

    /// As the source says; while it is away, as it said last. Throws platform::StoreUnavailable while it is away and
    /// has never been asked about the park.
    [[nodiscard]] bool is_child(const ParkId& park_id);
    /// It has become known otherwise, and was remembered.
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
