#include "platform/redis/server_pool.hpp"

#include <utility>
#include <variant>

#include "platform/errors/store_error.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

using Connections = platform::ItemPool<Connection>;

Connections::Lease lend(Connections& connections, Deadline deadline) {
    auto lent = connections.lease(deadline);
    if (auto* lease = std::get_if<Connections::Lease>(&lent)) {
        return std::move(*lease);
    }
    throw platform::StoreUnavailable(store_name, "all connections of the pool stayed in use");
}

}  // namespace

ServerPool::Lease::Lease(std::shared_ptr<ServerPool> pool, Deadline deadline)
    : pool_(std::move(pool)), lent_(lend(pool_->connections_, deadline)) {}

bool ServerPool::Lease::has_connection() {
    if (!is_in_use_) {
        while (lent_.item != nullptr && !lent_.item->is_fit()) {
            lent_.take_another();
        }
    }
    return lent_.item != nullptr;
}

Connection& ServerPool::Lease::connection(Deadline deadline) {
    if (!has_connection()) {
        lent_.item = pool_->open_(deadline);
    }
    return *lent_.item;
}

}  // namespace twinfleet::redis
