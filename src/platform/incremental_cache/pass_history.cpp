#include "platform/incremental_cache/pass_history.hpp"

#include <algorithm>
#include <vector>

namespace twinfleet::incremental_cache {

using std::chrono::nanoseconds;

void PassHistory::add(nanoseconds started_at, nanoseconds ended_at) {
    if (passes_ >= 2) {
        bounds_.push_back(ended_at - last_started_at_);
        if (bounds_.size() > bounds_max) {
            bounds_.pop_front();
        }
    }
    if (passes_ >= 1) {
        longest_pass_ = std::max(longest_pass_, ended_at - started_at);
    }
    passes_ = std::min(passes_ + 1, 2);
    last_started_at_ = started_at;
}

nanoseconds PassHistory::bound(nanoseconds now) const {
    nanoseconds bound{};
    if (!bounds_.empty()) {
        std::vector<nanoseconds> sorted(bounds_.begin(), bounds_.end());
        std::sort(sorted.begin(), sorted.end());
        // Nearest rank: the smallest that 99 of 100 do not exceed.
        bound = sorted[(sorted.size() * 99 + 99) / 100 - 1];
    }
    if (bounds_.size() < bounds_enough) {
        bound = std::max(bound, interval_ + std::max(longest_pass_, interval_ / 4));
    }
    if (passes_ > 0) {
        bound = std::max(bound, now - last_started_at_);
    }
    return bound;
}

}  // namespace twinfleet::incremental_cache
