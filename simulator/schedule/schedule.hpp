#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <queue>
#include <stop_token>
#include <vector>

#include "platform/clock/clock.hpp"
#include "simulator/simulated_time.hpp"

namespace twinfleet::simulator {

/// Says which of a fixed number of items is due next. An item either waits here for its time, or is with the one thread
/// that has taken it. Threads without an item wait inside take(). Only one of them waits for the time of the first item
/// ("leader and followers"), so that an item that comes due wakes one thread and not all. Safe to use from any thread.
class Schedule {
public:
    /// The items are numbered from 0. None of them is due until put_back() or wake() says so. `clock` must outlive this
    /// object.
    Schedule(std::size_t items, const platform::Clock& clock);

    /// Waits until an item is due and takes it; nullopt when a stop was requested.
    [[nodiscard]] std::optional<std::size_t> take(const std::stop_token& stop);
    /// Makes an item, taken or not, wait until `due`. If it was woken while it was taken, it is due now.
    void put_back(std::size_t item, Instant due);
    /// Makes an item due now; one that is taken, as soon as it is put back.
    void wake(std::size_t item);

private:
    struct Entry {
        Instant due;
        std::size_t item;
        std::uint64_t generation;
        bool operator>(const Entry& other) const noexcept { return due > other.due; }
    };
    struct Item {
        /// An entry of an earlier generation is out of date.
        std::uint64_t generation = 0;
        bool is_taken = false;
        bool was_woken = false;
    };

    void enter(std::size_t item, Instant due);
    void drop_outdated();

    const platform::Clock& clock_;
    std::mutex mutex_;
    std::condition_variable_any leader_;
    std::condition_variable_any followers_;
    // Guarded by mutex_.
    std::vector<Item> items_;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries_;
    bool has_leader_ = false;
    /// Counts the times at which another item became the first.
    std::uint64_t changes_of_first_ = 0;
};

}  // namespace twinfleet::simulator
