#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>

#include "capabilities/access_control/directory/ids.hpp"

namespace twinfleet::access_control {

/// Holds answers that are good until a given time, for at most `parks_max` parks. When it is full, the park about which
/// nobody has asked for the longest time makes room. Times are those of platform::Clock::monotonic(). Not safe to share
/// between threads.
class ParkCache {
public:
    explicit ParkCache(std::size_t parks_max) : parks_max_(parks_max) {}

    /// The answer for a park; nullopt when there is none that is still good.
    [[nodiscard]] std::optional<bool> is_child(const ParkId& park_id, std::chrono::nanoseconds now) {
        const auto found = places_.find(park_id);
        if (found == places_.end() || found->second->good_until <= now) {
            return std::nullopt;
        }
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->is_child;
    }

    void set(const ParkId& park_id, bool is_child, std::chrono::nanoseconds good_until) {
        if (const auto found = places_.find(park_id); found != places_.end()) {
            found->second->is_child = is_child;
            found->second->good_until = good_until;
            entries_.splice(entries_.begin(), entries_, found->second);
            return;
        }
        if (entries_.size() == parks_max_) {
            places_.erase(entries_.back().park_id);
            entries_.pop_back();
        }
        entries_.push_front({park_id, is_child, good_until});
        places_.emplace(park_id, entries_.begin());
    }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        ParkId park_id;
        bool is_child;
        std::chrono::nanoseconds good_until;
    };

    const std::size_t parks_max_;
    /// The park that was asked for last is first.
    std::list<Entry> entries_;
    std::unordered_map<ParkId, std::list<Entry>::iterator> places_;
};

}  // namespace twinfleet::access_control
