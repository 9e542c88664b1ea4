#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>
#include <variant>
#include <vector>

namespace twinfleet::platform {

/// Why an ItemPool lends nothing.
enum class NoItem {
    /// As many as may wait are waiting already.
    too_many_waiting,
    /// No place became free in time.
    timed_out,
    /// A stop was requested while waiting.
    stopped,
};

/// How much of an ItemPool is in use.
struct ItemPoolUsage {
    /// How many items there are; a place that is taken counts as one.
    std::size_t open;
    /// How many of these are lent.
    std::size_t in_use;
    /// How many there may be.
    std::size_t max;
    /// How many threads wait for one.
    std::size_t waiting = 0;
};

/// A bounded number of things that are costly to make and are used by one thread at a time, such as connections. The
/// pool has a place for each of them. Whoever needs one takes a place, waiting for it if all are taken, and finds an
/// item in it that somebody else has left there, or makes one. Safe to use from any thread.
template <typename Item>
class ItemPool {
public:
    struct Settings {
        /// The most places. At least 1: a 0 counts as 1.
        std::size_t items_max = 1;
        /// The most threads that may wait for a place; a further one is refused at once.
        std::size_t waiting_max = std::numeric_limits<std::size_t>::max();
    };

    explicit ItemPool(const Settings& settings)
        : items_max_(settings.items_max == 0 ? 1 : settings.items_max), waiting_max_(settings.waiting_max) {
        // So that giving back cannot fail.
        idle_.reserve(items_max_);
    }
    ItemPool(const ItemPool&) = delete;
    ItemPool& operator=(const ItemPool&) = delete;

    /// A place of the pool, until the end of its life. Used by one thread at a time. It must not outlive the pool.
    class Lease {
    public:
        Lease(Lease&& other) noexcept
            : item(std::move(other.item)),
              pool_(std::exchange(other.pool_, nullptr)),
              generation_(other.generation_),
              is_kept_(other.is_kept_) {}
        Lease& operator=(Lease&&) = delete;
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (pool_ != nullptr) {
                if (!is_kept_) {
                    // Before the place is free: there are never more items than places.
                    item.reset();
                }
                pool_->give_back(std::move(item), generation_);
            }
        }

        /// From now on, the item stays in the pool for the next one when the lease ends. Otherwise it is destroyed
        /// then.
        void keep() noexcept { is_kept_ = true; }

        /// Destroys the item, if there is one, and takes another one that somebody has left in the pool; null if there
        /// is none.
        void take_another() { item = pool_->take_idle(); }

        /// Destroys the item and does what ItemPool::renew() does. An item that is made for this lease afterwards
        /// counts as a new one.
        void renew_all() {
            item.reset();
            generation_ = pool_->renew();
        }

        /// The item; null when it is still to be made, by whoever holds the lease.
        std::unique_ptr<Item> item;

    private:
        friend class ItemPool;
        Lease(ItemPool& pool, std::unique_ptr<Item> taken, std::uint64_t generation)
            : item(std::move(taken)), pool_(&pool), generation_(generation) {}

        ItemPool* pool_;
        std::uint64_t generation_;
        bool is_kept_ = false;
    };

    /// A place, with the item that was left in the pool last, if there is one. Waits for a place until the deadline, or
    /// until a stop is requested.
    [[nodiscard]] std::variant<Lease, NoItem> lease(std::chrono::steady_clock::time_point deadline,
                                                    const std::stop_token& stop = {}) {
        std::unique_lock lock(mutex_);
        const auto is_free = [this] { return in_use_ < items_max_; };
        if (!is_free()) {
            if (waiting_ >= waiting_max_) {
                return NoItem::too_many_waiting;
            }
            ++waiting_;
            const bool became_free = place_freed_.wait_until(lock, stop, deadline, is_free);
            --waiting_;
            if (!became_free) {
                return stop.stop_requested() ? NoItem::stopped : NoItem::timed_out;
            }
        }
        ++in_use_;
        return Lease(*this, pop_idle(), generation_);
    }

    /// Destroys all items that nobody uses now. Those in use are destroyed when their leases end, whether or not they
    /// were to be kept. Returns how often that was done.
    std::uint64_t renew() {
        std::vector<std::unique_ptr<Item>> old;
        old.reserve(items_max_);
        const std::lock_guard lock(mutex_);
        old.swap(idle_);
        return ++generation_;
    }

    [[nodiscard]] ItemPoolUsage usage() const {
        const std::lock_guard lock(mutex_);
        return {.open = idle_.size() + in_use_, .in_use = in_use_, .max = items_max_, .waiting = waiting_};
    }

private:
    /// With `mutex_` held.
    std::unique_ptr<Item> pop_idle() {
        if (idle_.empty()) {
            return nullptr;
        }
        auto item = std::move(idle_.back());
        idle_.pop_back();
        return item;
    }

    std::unique_ptr<Item> take_idle() {
        const std::lock_guard lock(mutex_);
        return pop_idle();
    }

    void give_back(std::unique_ptr<Item> item, std::uint64_t generation) noexcept {
        {
            const std::lock_guard lock(mutex_);
            --in_use_;
            if (item != nullptr && generation == generation_) {
                idle_.push_back(std::move(item));
            }
        }
        place_freed_.notify_one();
    }

    // Constant after construction.
    const std::size_t items_max_;
    const std::size_t waiting_max_;

    mutable std::mutex mutex_;
    std::condition_variable_any place_freed_;
    // Guarded by mutex_.
    /// The one that was used last is at the end and is lent first.
    std::vector<std::unique_ptr<Item>> idle_;
    std::size_t in_use_ = 0;
    std::size_t waiting_ = 0;
    /// How often all items were renewed.
    std::uint64_t generation_ = 0;
};

}  // namespace twinfleet::platform
