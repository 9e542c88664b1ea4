#include "platform/redis/server_pool.hpp"

#include <algorithm>
#include <utility>

#include "platform/errors/store_error.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {

ServerPool::ServerPool(std::size_t connections_max, Open open)
    : connections_max_(std::max<std::size_t>(connections_max, 1)), open_(std::move(open)) {
    idle_.reserve(connections_max_);
}

std::unique_ptr<Connection> ServerPool::acquire(Deadline deadline, std::uint64_t& generation) {
    // Those are closed behind the mutex.
    std::vector<std::unique_ptr<Connection>> unfit;
    std::unique_lock lock(mutex_);
    if (!released_.wait_until(lock, deadline, [this] { return in_use_ < connections_max_; })) {
        throw platform::StoreUnavailable(store_name, "all connections of the pool stayed in use");
    }
    ++in_use_;
    generation = generation_;
    while (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        if (connection->is_fit()) {
            return connection;
        }
        unfit.push_back(std::move(connection));
    }
    return nullptr;
}

void ServerPool::release(std::unique_ptr<Connection> connection, std::uint64_t generation) noexcept {
    {
        const std::lock_guard lock(mutex_);
        --in_use_;
        if (connection != nullptr && generation == generation_) {
            idle_.push_back(std::move(connection));
        }
    }
    released_.notify_one();
}

void ServerPool::distrust() {
    std::vector<std::unique_ptr<Connection>> closed;
    const std::lock_guard lock(mutex_);
    ++generation_;
    closed.swap(idle_);
    idle_.reserve(connections_max_);
}

Pool::Usage ServerPool::usage() const {
    const std::lock_guard lock(mutex_);
    return {.open = idle_.size() + in_use_, .in_use = in_use_, .max = connections_max_};
}

ServerPool::Lease::Lease(std::shared_ptr<ServerPool> pool, Deadline deadline)
    : pool_(std::move(pool)), connection_(pool_->acquire(deadline, generation_)) {}

ServerPool::Lease::~Lease() {
    if (pool_ != nullptr) {
        pool_->release(is_good_ ? std::move(connection_) : nullptr, generation_);
    }
}

Connection& ServerPool::Lease::connection(Deadline deadline) {
    if (connection_ == nullptr) {
        connection_ = pool_->open_(deadline);
    }
    return *connection_;
}

}  // namespace twinfleet::redis
