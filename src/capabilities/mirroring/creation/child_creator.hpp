#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "capabilities/mirroring/creation/create_child.hpp"

namespace twinfleet::mirroring {

/// Makes the children of these drivers. Returns one answer for each id, in the same order. Called from several threads
/// at a time.
using CreateChildDrivers =
    std::function<std::vector<CreationAnswer>(const domain::AppFamily& family, std::span<const domain::ParentId> ids)>;

/// The limits of a ChildCreator.
struct ChildCreatorSettings {
    /// How many creations may be under way at a time.
    std::size_t threads = 4;
    /// The most drivers in one creation.
    std::size_t batch_max = 64;
    /// The most requests that may wait or be under way.
    std::size_t requests_max = 2'000;
};

/// Makes children for many callers at a time. Requests for one driver share one creation: a request that comes while
/// the creation waits or runs gets the result of that creation. Different drivers of one family that wait are made
/// together. Safe to use from any thread.
class ChildCreator {
public:
    explicit ChildCreator(CreateChildDrivers create, const ChildCreatorSettings& settings = {});
    /// Waits until everything that was accepted has been answered.
    ~ChildCreator();
    ChildCreator(const ChildCreator&) = delete;
    ChildCreator& operator=(const ChildCreator&) = delete;

    /// Called once for each accepted request, on another thread: with the answer, or with nullptr and the exception
    /// that creation threw. Must not throw. When several callers share a creation, one of them is told that the child
    /// was created now, and the others that it was there.
    using Done = std::function<void(const CreationAnswer* answer, const std::exception_ptr& failure)>;

    /// Accepts a request and returns true, or returns false and never calls `done` when there are `requests_max`
    /// requests already. Does not block.
    [[nodiscard]] bool ask(const domain::AppFamily& family, const domain::ParentId& parent_driver_id, Done done);

private:
    /// The name of the family and the id of the parent.
    using Key = std::pair<std::string, std::string>;

    void work(const std::stop_token& stop);
    /// Takes the drivers of the next creation, all of one family. The queue must not be empty.
    [[nodiscard]] std::vector<Key> take();
    void create(const std::vector<Key>& keys);
    void answer(const Key& key, const CreationAnswer* answer, const std::exception_ptr& failure);

    const CreateChildDrivers create_;
    const ChildCreatorSettings settings_;

    std::mutex mutex_;
    std::condition_variable_any came_;
    // Guarded by mutex_.
    std::deque<Key> waiting_;
    /// What to call for each driver that waits or is being made.
    std::map<Key, std::vector<Done>> requests_;
    std::size_t request_count_ = 0;

    std::vector<std::jthread> threads_;
};

}  // namespace twinfleet::mirroring
