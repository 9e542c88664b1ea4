#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "platform/redis/client.hpp"
#include "platform/redis/server_pool.hpp"
#include "platform/redis/slot_map.hpp"
#include "platform/redis/uri.hpp"

namespace twinfleet::redis {

/// What is known of a cluster: who is the master of which slot, and a pool of connections to each. Safe to use from any
/// thread.
class Topology {
public:
    /// `seeds` are asked while no other node is known, or answers. What they have in common (user, password, TLS) holds
    /// for every node.
    Topology(const Settings& settings, std::vector<Address> seeds, std::shared_ptr<const tls::Context> tls);

    /// The slots as they are known; asks for them first when they are not. Throws platform::StoreUnavailable when no
    /// node tells until `deadline`.
    [[nodiscard]] std::shared_ptr<const SlotMap> slots(Deadline deadline);
    /// Says that what is known may be out of date: the next caller of slots() asks the cluster, while others go on with
    /// what is known. `suspect`, if there is one, is asked last.
    void doubt(const Endpoint* suspect = nullptr);
    /// Asks the cluster at once, or waits for whoever is asking already, unless `known` is out of date anyway or
    /// somebody asked within the last tenth of a second. Returns what is known then. Does not throw when nobody tells.
    std::shared_ptr<const SlotMap> refresh(const std::shared_ptr<const SlotMap>& known, Deadline deadline);

    [[nodiscard]] std::shared_ptr<ServerPool> pool_of(const Endpoint& node);
    /// Of the pools of all masters.
    [[nodiscard]] Pool::Usage usage() const;

private:
    /// Asks node by node, without the mutex, which `lock` holds before and after; throws what the last one threw.
    std::shared_ptr<const SlotMap> ask(std::unique_lock<std::mutex>& lock, Deadline deadline);
    std::shared_ptr<const SlotMap> ask_nodes(Deadline deadline);
    [[nodiscard]] std::vector<Endpoint> nodes_to_ask();
    [[nodiscard]] Address address_of(const Endpoint& node) const;
    void take(std::shared_ptr<const SlotMap> slots);

    const Settings settings_;
    const std::vector<Address> seeds_;
    const std::shared_ptr<const tls::Context> tls_;

    mutable std::mutex mutex_;
    std::condition_variable asked_;
    // Guarded by `mutex_`.
    /// Somebody asks the cluster just now; one does at a time.
    bool is_asking_ = false;
    std::shared_ptr<const SlotMap> slots_;
    bool is_doubted_ = false;
    Deadline asked_at_{};
    std::optional<Endpoint> suspect_;
    /// Where the next question begins, so that not all go to one node.
    std::size_t turn_ = 0;
    std::map<Endpoint, std::shared_ptr<ServerPool>> pools_;
};

}  // namespace twinfleet::redis
