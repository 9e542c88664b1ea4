#include "capabilities/mirroring/memory/changes/link_change_feed.hpp"

#include <map>
#include <utility>

namespace twinfleet::mirroring {

LinkChangeFeed::LinkChangeFeed(LinkChanges& changes, const platform::Clock& clock,
                               const LinkChangeFeedSettings& settings, std::stop_token stop)
    : changes_(changes),
      clock_(clock),
      settings_(settings),
      stop_(std::move(stop)),
      thread_([this](const std::stop_token& end) { work(end); }),
      on_stop_(stop_, [this] {
          // Under the mutex, so that it is not missed by whoever is just about to wait.
          const std::lock_guard lock(mutex_);
          came_.notify_one();
      }) {}

LinkChangeFeed::~LinkChangeFeed() {
    thread_.request_stop();
    thread_.join();
    // Whoever came in between.
    for (Waiter& waiter : new_) {
        waiter.until = {};
        static_cast<void>(answer(waiter));
    }
}

bool LinkChangeFeed::ask(const Question& question, Done done) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_ == settings_.waiting_max) {
            return false;
        }
        ++waiting_;
        new_.push_back({question, std::move(done), clock_.monotonic() + question.wait});
    }
    came_.notify_one();
    return true;
}

void LinkChangeFeed::work(const std::stop_token& end) {
    std::vector<Waiter> waiters;
    std::unique_lock lock(mutex_);
    while (!end.stop_requested()) {
        if (waiters.empty()) {
            came_.wait(lock, end, [this] { return !new_.empty(); });
        } else {
            came_.wait_for(lock, end, settings_.poll_interval,
                           [this] { return !new_.empty() || stop_.stop_requested(); });
        }
        std::vector<Waiter> arrived = std::exchange(new_, {});
        lock.unlock();
        const std::size_t before = waiters.size() + arrived.size();
        // Who has waited looks whether there is anything; who is new reads at once.
        waiters = look(std::move(waiters));
        for (Waiter& waiter : arrived) {
            if (!answer(waiter)) {
                waiters.push_back(std::move(waiter));
            }
        }
        lock.lock();
        waiting_ -= before - waiters.size();
    }
    lock.unlock();
    for (Waiter& waiter : waiters) {
        waiter.until = {};
        static_cast<void>(answer(waiter));
    }
}

std::vector<LinkChangeFeed::Waiter> LinkChangeFeed::look(std::vector<Waiter> waiters) {
    // By entity; nullopt: that could not be found out, and whoever reads is told why.
    std::map<const Entity*, std::optional<std::int64_t>> last;
    std::vector<Waiter> left;
    for (Waiter& waiter : waiters) {
        const auto [known, is_first] = last.try_emplace(waiter.question.entity);
        if (is_first) {
            try {
                known->second = changes_.last_position(*waiter.question.entity);
            } catch (const std::exception&) {
            }
        }
        const bool is_nothing_new = known->second && waiter.question.after == *known->second;
        if ((is_nothing_new && has_time(waiter)) || !answer(waiter)) {
            left.push_back(std::move(waiter));
        }
    }
    return left;
}

bool LinkChangeFeed::has_time(const Waiter& waiter) const {
    return !stop_.stop_requested() && clock_.monotonic() < waiter.until;
}

bool LinkChangeFeed::answer(Waiter& waiter) {
    Answer read;
    std::exception_ptr failure;
    try {
        read = changes_.read(*waiter.question.entity, waiter.question.after, waiter.question.limit);
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure && read && read->changes.empty() && has_time(waiter)) {
        // He waits for what comes behind this, wherever he began.
        waiter.question.after = read->next;
        return false;
    }
    waiter.done(read, failure);
    return true;
}

}  // namespace twinfleet::mirroring
