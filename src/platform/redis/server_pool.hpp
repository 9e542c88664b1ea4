#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "platform/redis/client.hpp"
#include "platform/redis/connection.hpp"

namespace twinfleet::redis {

/// A bounded number of connections to one server. Safe to use from any thread.
class ServerPool {
public:
    /// Connects; throws platform::StoreUnavailable or platform::StoreRefused.
    using Open = std::function<std::unique_ptr<Connection>(Deadline)>;

    ServerPool(std::size_t connections_max, Open open);
    ServerPool(const ServerPool&) = delete;
    ServerPool& operator=(const ServerPool&) = delete;

    /// The right to one connection. Given back, the connection is used again, unless something was sent over it and
    /// keep() was not called.
    class Lease {
    public:
        /// Waits for a place until `deadline`; throws platform::StoreUnavailable when there is none by then.
        Lease(std::shared_ptr<ServerPool> pool, Deadline deadline);
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease();

        /// An idle connection that the server has not closed, or a new one, made until `deadline`.
        [[nodiscard]] Connection& connection(Deadline deadline);
        /// From here to keep() answers may be outstanding.
        void begin_use() noexcept { is_good_ = false; }
        void keep() noexcept { is_good_ = true; }

    private:
        std::shared_ptr<ServerPool> pool_;
        std::unique_ptr<Connection> connection_;
        std::uint64_t generation_ = 0;
        bool is_good_ = true;
    };

    /// No connection that is open now is used for anything more: the server may be another one than was thought.
    void distrust();
    [[nodiscard]] Pool::Usage usage() const;

private:
    std::unique_ptr<Connection> acquire(Deadline deadline, std::uint64_t& generation);
    void release(std::unique_ptr<Connection> connection, std::uint64_t generation) noexcept;

    // Constant after construction.
    const std::size_t connections_max_;
    const Open open_;

    mutable std::mutex mutex_;
    std::condition_variable released_;
    // Guarded by `mutex_`. The youngest idle connection is last and is used first.
    std::vector<std::unique_ptr<Connection>> idle_;
    std::size_t in_use_ = 0;
    std::uint64_t generation_ = 0;
};

}  // namespace twinfleet::redis
