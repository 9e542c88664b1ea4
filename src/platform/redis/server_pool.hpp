#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "platform/concurrency/item_pool.hpp"
#include "platform/redis/client.hpp"
#include "platform/redis/connection.hpp"

namespace twinfleet::redis {

/// A bounded number of connections to one server. Safe to use from any thread.
class ServerPool {
public:
    /// Connects; throws platform::StoreUnavailable or platform::StoreRefused.
    using Open = std::function<std::unique_ptr<Connection>(Deadline)>;

    ServerPool(std::size_t connections_max, Open open)
        : open_(std::move(open)), connections_({.items_max = connections_max}) {}

    /// The right to one connection. Given back, the connection is used again, unless something was sent over it and
    /// keep() was not called.
    class Lease {
    public:
        /// Waits for a place until `deadline`; throws platform::StoreUnavailable when there is none by then.
        Lease(std::shared_ptr<ServerPool> pool, Deadline deadline);

        /// Whether connection() has nothing to open: there is an idle connection that the server has not closed.
        [[nodiscard]] bool has_connection();
        /// An idle connection that the server has not closed, or a new one, made until `deadline`.
        [[nodiscard]] Connection& connection(Deadline deadline);
        /// From here to keep() answers may be outstanding.
        void begin_use() noexcept { is_in_use_ = true; }
        void keep() noexcept { is_in_use_ = false; }

        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (!is_in_use_) {
                lent_.keep();
            }
        }

    private:
        /// Before `lent_`, which gives back to it.
        std::shared_ptr<ServerPool> pool_;
        platform::ItemPool<Connection>::Lease lent_;
        bool is_in_use_ = false;
    };

    /// No connection that is open now is used for anything more: the server may be another one than was thought.
    void distrust() { connections_.renew(); }
    [[nodiscard]] Pool::Usage usage() const { return connections_.usage(); }

private:
    const Open open_;
    platform::ItemPool<Connection> connections_;
};

}  // namespace twinfleet::redis
