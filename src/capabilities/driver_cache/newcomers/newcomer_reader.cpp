#include "capabilities/driver_cache/newcomers/newcomer_reader.hpp"

#include <utility>

namespace twinfleet::driver_cache {

NewcomerReader::NewcomerReader(const NewcomerSettings& settings, Read read, const platform::Clock& clock,
                               metrics::Registry& registry, log::Logger& log)
    : settings_(settings),
      read_(std::move(read)),
      clock_(clock),
      log_(log),
      newcomers_(registry.counters("driver_cache_newcomers_total",
                                   "Drivers to be read without waiting for a pass, by why, and what became of it",
                                   {"why", "outcome"})),
      read_seconds_(registry.histogram("driver_cache_newcomer_read_seconds",
                                       "Duration of reads of drivers that did not wait for a pass",
                                       metrics::request_seconds_buckets())),
      circuit_(settings.circuit),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

bool NewcomerReader::take_in(std::string_view driver_id) {
    std::unique_lock lock(mutex_);
    return wait_for(lock, driver_id, "login");
}

bool NewcomerReader::look_for(std::string_view driver_id) {
    std::unique_lock lock(mutex_);
    if (was_looked_for(driver_id)) {
        count("profile", "refused");
        return false;
    }
    return wait_for(lock, driver_id, "profile");
}

void NewcomerReader::note(std::span<const std::string> driver_ids) {
    std::size_t refused = 0;
    {
        const std::lock_guard lock(mutex_);
        for (const std::string& id : driver_ids) {
            if (add(id)) {
                ++next_->news;
            } else {
                ++refused;
            }
        }
    }
    changed_.notify_all();
    count("news", "refused", refused);
}

bool NewcomerReader::wait_for(std::unique_lock<std::mutex>& lock, std::string_view driver_id, std::string_view why) {
    if (!add(driver_id)) {
        count(why, "refused");
        return false;
    }
    const auto batch = next_;
    changed_.notify_all();
    // The store is slow already: he is read when it can, and nobody waits for that.
    const bool is_slow = reading_since_ && clock_.monotonic() - *reading_since_ >= settings_.wait;
    if (!is_slow) {
        changed_.wait_for(lock, settings_.wait, [&] { return batch->outcome != Outcome::pending; });
    }
    switch (batch->outcome) {
        case Outcome::read:
            count(why, "read");
            return true;
        case Outcome::failed:
            count(why, "failed");
            return false;
        case Outcome::pending:
            break;
    }
    count(why, "late");
    return false;
}

bool NewcomerReader::add(std::string_view driver_id) {
    auto& ids = next_->ids;
    if (ids.contains(driver_id)) {
        return true;
    }
    if (ids.size() >= waiting_max) {
        return false;
    }
    ids.emplace(driver_id);
    return true;
}

bool NewcomerReader::was_looked_for(std::string_view driver_id) {
    const auto now = clock_.monotonic();
    const auto is_old = [&](const auto& looked_for) { return now - looked_for.second >= settings_.repeat_after; };
    if (const auto found = looked_for_.find(driver_id); found != looked_for_.end()) {
        if (!is_old(*found)) {
            return true;
        }
        found->second = now;
        return false;
    }
    if (looked_for_.size() >= waiting_max) {
        std::erase_if(looked_for_, is_old);
    }
    return looked_for_.size() >= waiting_max || !looked_for_.emplace(driver_id, now).second;
}

void NewcomerReader::count(std::string_view why, std::string_view outcome, std::size_t drivers) {
    if (drivers > 0) {
        newcomers_.with({why, outcome}).increment(static_cast<double>(drivers));
    }
}

void NewcomerReader::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !next_->ids.empty(); }) && !stop.stop_requested()) {
        const auto batch = std::exchange(next_, std::make_shared<Batch>());
        const std::vector<std::string> ids(batch->ids.begin(), batch->ids.end());
        reading_since_ = clock_.monotonic();
        lock.unlock();
        const bool is_read = read(ids);
        lock.lock();
        reading_since_.reset();
        batch->outcome = is_read ? Outcome::read : Outcome::failed;
        count("news", is_read ? "read" : "failed", batch->news);
        changed_.notify_all();
    }
}

bool NewcomerReader::read(const std::vector<std::string>& ids) {
    const auto started = clock_.monotonic();
    const auto entry = circuit_.try_enter(started);
    if (!entry) {
        return false;
    }
    try {
        read_(ids);
    } catch (const std::exception& reason) {
        circuit_.failed(*entry, clock_.monotonic());
        if (!std::exchange(is_failing_, true)) {
            log_.warning("new drivers cannot be read at once and come with a pass", {{"reason", reason.what()}});
        }
        return false;
    }
    circuit_.succeeded(*entry);
    read_seconds_.observe(std::chrono::duration<double>(clock_.monotonic() - started).count());
    if (std::exchange(is_failing_, false)) {
        log_.info("new drivers are read at once again");
    }
    return true;
}

}  // namespace twinfleet::driver_cache
