#include "platform/redis/topology.hpp"

#include <algorithm>
#include <utility>

#include "platform/errors/store_error.hpp"
#include "platform/redis/connection.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// However many calls find a slot elsewhere, the cluster is not asked more often.
constexpr std::chrono::milliseconds ask_interval_min{100};

}  // namespace

Topology::Topology(const Settings& settings, std::vector<Address> seeds, std::shared_ptr<const tls::Context> tls)
    : settings_(settings), seeds_(std::move(seeds)), tls_(std::move(tls)) {}

std::shared_ptr<const SlotMap> Topology::slots(Deadline deadline) {
    std::unique_lock lock(mutex_);
    if (slots_ == nullptr) {
        asked_.wait_until(lock, deadline, [this] { return !is_asking_; });
    }
    const auto known = slots_;
    if (known == nullptr) {
        if (is_asking_) {
            throw platform::StoreUnavailable(store_name, "no node of the cluster tells where the slots are");
        }
        return ask(lock, deadline);
    }
    if (!is_doubted_ || is_asking_ || SteadyClock::now() - asked_at_ < ask_interval_min) {
        return known;
    }
    try {
        return ask(lock, deadline);
    } catch (const std::runtime_error&) {
        // What is known may still do for this call.
        return known;
    }
}

void Topology::doubt(const Endpoint* suspect) {
    const std::lock_guard lock(mutex_);
    is_doubted_ = true;
    if (suspect != nullptr) {
        suspect_ = *suspect;
    }
}

std::shared_ptr<const SlotMap> Topology::refresh(const std::shared_ptr<const SlotMap>& known, Deadline deadline) {
    std::unique_lock lock(mutex_);
    asked_.wait_until(lock, deadline, [this] { return !is_asking_; });
    if (slots_ != known || is_asking_ || SteadyClock::now() - asked_at_ < ask_interval_min) {
        return slots_;
    }
    try {
        return ask(lock, deadline);
    } catch (const std::runtime_error&) {
        return known;
    }
}

std::shared_ptr<const SlotMap> Topology::ask(std::unique_lock<std::mutex>& lock, Deadline deadline) {
    is_asking_ = true;
    lock.unlock();
    std::shared_ptr<const SlotMap> slots;
    std::exception_ptr failure;
    try {
        slots = ask_nodes(deadline);
    } catch (...) {
        failure = std::current_exception();
    }
    lock.lock();
    is_asking_ = false;
    asked_at_ = SteadyClock::now();
    asked_.notify_all();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return slots;
}

std::vector<Endpoint> Topology::nodes_to_ask() {
    std::vector<Endpoint> nodes;
    const std::lock_guard lock(mutex_);
    if (slots_ != nullptr) {
        nodes = slots_->masters;
        if (!nodes.empty()) {
            std::rotate(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(turn_++ % nodes.size()),
                        nodes.end());
        }
        nodes.insert(nodes.end(), slots_->replicas.begin(), slots_->replicas.end());
    }
    for (const Address& seed : seeds_) {
        nodes.push_back({.host = seed.host, .port = seed.port});
    }
    if (suspect_) {
        std::ranges::stable_partition(nodes, [&](const Endpoint& node) { return node != *suspect_; });
    }
    return nodes;
}

std::shared_ptr<const SlotMap> Topology::ask_nodes(Deadline deadline) {
    std::string wire;
    append_to_wire(wire, {"CLUSTER", "SLOTS"});
    std::exception_ptr reason;
    for (const Endpoint& node : nodes_to_ask()) {
        const auto now = SteadyClock::now();
        if (now >= deadline) {
            break;
        }
        // One that hangs leaves time for others.
        const auto node_deadline = std::min(deadline, now + settings_.connect_timeout);
        try {
            Connection connection(address_of(node), tls_.get(), node_deadline);
            const auto answer = std::move(connection.exchange(wire, 1, node_deadline).front());
            if (const auto* error = std::get_if<ErrorReply>(&answer)) {
                throw_store_error("CLUSTER SLOTS", error->text);
            }
            auto slots = std::make_shared<const SlotMap>(read_slot_map(std::get<Reply>(answer), node.host));
            if (!slots->masters.empty()) {
                take(slots);
                return slots;
            }
        } catch (const std::runtime_error&) {
            reason = std::current_exception();
        }
    }
    if (reason) {
        std::rethrow_exception(reason);
    }
    throw platform::StoreUnavailable(store_name, "no node of the cluster tells where the slots are");
}

void Topology::take(std::shared_ptr<const SlotMap> slots) {
    std::vector<std::shared_ptr<ServerPool>> left;
    const std::lock_guard lock(mutex_);
    for (auto pool = pools_.begin(); pool != pools_.end();) {
        if (std::ranges::find(slots->masters, pool->first) == slots->masters.end()) {
            left.push_back(std::move(pool->second));
            pool = pools_.erase(pool);
        } else {
            ++pool;
        }
    }
    slots_ = std::move(slots);
    is_doubted_ = false;
    suspect_.reset();
}

Address Topology::address_of(const Endpoint& node) const {
    Address address = seeds_.front();
    address.host = node.host;
    address.port = node.port;
    return address;
}

std::shared_ptr<ServerPool> Topology::pool_of(const Endpoint& node) {
    const std::lock_guard lock(mutex_);
    auto& pool = pools_[node];
    if (pool == nullptr) {
        pool = std::make_shared<ServerPool>(settings_.connections_max,
                                            [address = address_of(node), tls = tls_](Deadline deadline) {
                                                return std::make_unique<Connection>(address, tls.get(), deadline);
                                            });
    }
    return pool;
}

Pool::Usage Topology::usage() const {
    const std::lock_guard lock(mutex_);
    Pool::Usage sum{.open = 0, .in_use = 0, .max = 0};
    for (const auto& [node, pool] : pools_) {
        const auto usage = pool->usage();
        sum.open += usage.open;
        sum.in_use += usage.in_use;
    }
    const auto masters = std::max<std::size_t>(slots_ == nullptr ? 1 : slots_->masters.size(), 1);
    sum.max = masters * std::max<std::size_t>(settings_.connections_max, 1);
    return sum;
}

}  // namespace twinfleet::redis
