#include "simulator/schedule/schedule.hpp"

#include <utility>

namespace twinfleet::simulator {

Schedule::Schedule(std::size_t items, const platform::Clock& clock) : clock_(clock), items_(items) {}

std::optional<std::size_t> Schedule::take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    followers_.wait(lock, stop, [this] { return !has_leader_; });
    has_leader_ = true;
    std::optional<std::size_t> taken;
    while (!taken && !stop.stop_requested()) {
        drop_outdated();
        const auto seen = changes_of_first_;
        const auto has_changed = [&] { return changes_of_first_ != seen; };
        if (entries_.empty()) {
            leader_.wait(lock, stop, has_changed);
            continue;
        }
        const Entry first = entries_.top();
        if (const Instant left = first.due - clock_.monotonic(); left > Instant::zero()) {
            leader_.wait_for(lock, stop, left, has_changed);
            continue;
        }
        entries_.pop();
        ++items_[first.item].generation;
        items_[first.item].is_taken = true;
        taken = first.item;
    }
    has_leader_ = false;
    lock.unlock();
    followers_.notify_one();
    return taken;
}

void Schedule::put_back(std::size_t item, Instant due) {
    const std::lock_guard lock(mutex_);
    items_[item].is_taken = false;
    if (std::exchange(items_[item].was_woken, false)) {
        due = clock_.monotonic();
    }
    enter(item, due);
}

void Schedule::wake(std::size_t item) {
    const std::lock_guard lock(mutex_);
    if (items_[item].is_taken) {
        items_[item].was_woken = true;
    } else {
        enter(item, clock_.monotonic());
    }
}

void Schedule::enter(std::size_t item, Instant due) {
    ++items_[item].generation;
    if (due == never) {
        return;
    }
    drop_outdated();
    const bool is_first = entries_.empty() || due < entries_.top().due;
    entries_.push({due, item, items_[item].generation});
    if (is_first) {
        ++changes_of_first_;
        leader_.notify_one();
    }
}

void Schedule::drop_outdated() {
    while (!entries_.empty() && entries_.top().generation != items_[entries_.top().item].generation) {
        entries_.pop();
    }
}

}  // namespace twinfleet::simulator
