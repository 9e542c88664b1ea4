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

/// Which of a fixed number of items is due next. Each is either here, waiting for its time, or with one thread that
/// has taken it. Threads that have nothing to do wait inside take(), one of them for the time ("leader and followers"),
/// so that an item that comes due wakes one thread and not all.
class Schedule {
public:
    /// All of `items` (counted from 0) wait, and none of them is due until put_back or wake says so.
    Schedule(std::size_t items, const platform::Clock& clock);

    /// Waits for an item to be due and takes it; nullopt when a stop was asked for.
    [[nodiscard]] std::optional<std::size_t> take(const std::stop_token& stop);
    /// Returns an item, taken or not, to be due at `due`, or now if it was woken while it was taken.
    void put_back(std::size_t item, Instant due);
    /// Makes an item due now, whatever it is waiting for.
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
