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

/// One answer for each id, in order; called from several threads.
using CreateChildDrivers =
    std::function<std::vector<CreationAnswer>(const domain::AppFamily& family, std::span<const domain::ParentId> ids)>;

struct ChildCreatorSettings {
    std::size_t threads = 4;
    /// Drivers that are made together.
    std::size_t batch_max = 64;
    /// Requests that may wait or be under way.
    std::size_t requests_max = 2'000;
};

/// Makes children for many callers at a time. Requests for one driver share one creation: who comes second waits for
/// the first one's result. Different drivers that wait are made together. Safe to use from any thread.
class ChildCreator {
public:
    explicit ChildCreator(CreateChildDrivers create, const ChildCreatorSettings& settings = {});
    /// Waits until everything that was accepted has been answered.
    ~ChildCreator();
    ChildCreator(const ChildCreator&) = delete;
    ChildCreator& operator=(const ChildCreator&) = delete;

    /// Given either the answer, or nullptr and what was thrown. Must not throw. When several callers share a creation,
    /// one of them is told that the child was created, and the others that it was there.
    using Done = std::function<void(const CreationAnswer* answer, const std::exception_ptr& failure)>;

    /// Does not block. Returns false, and never calls `done`, when too many requests wait already.
    [[nodiscard]] bool ask(const domain::AppFamily& family, const domain::ParentId& parent_driver_id, Done done);

private:
    /// Family and parent's id.
    using Key = std::pair<std::string, std::string>;

    void work(const std::stop_token& stop);
    /// Of one family; from a queue that is not empty.
    [[nodiscard]] std::vector<Key> take();
    void create(const std::vector<Key>& keys);
    void answer(const Key& key, const CreationAnswer* answer, const std::exception_ptr& failure);

    const CreateChildDrivers create_;
    const ChildCreatorSettings settings_;

    std::mutex mutex_;
    std::condition_variable_any came_;
    // Guarded by mutex_.
    std::deque<Key> waiting_;
    /// Of those that wait and those under way: who is to be told.
    std::map<Key, std::vector<Done>> requests_;
    std::size_t request_count_ = 0;

    std::vector<std::jthread> threads_;
};

}  // namespace twinfleet::mirroring
