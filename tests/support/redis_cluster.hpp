#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/redis/client.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::testing {

/// Asks again until the condition holds; throws std::runtime_error with `what` when it does not within 60 s. An error
/// of a store is taken for no.
void await_redis(std::string_view what, const std::function<bool()>& condition);

/// A Redis Cluster of a test's own, all on 127.0.0.1. Takes about 3 s to start: a master of Redis serves no earlier
/// than 2 s after its start.
class RedisCluster {
public:
    struct Layout {
        std::size_t masters = 3;
        std::size_t replicas_of_each = 0;
        RedisServer::Persistence persistence = RedisServer::Persistence::none;
        /// Not nullptr: all connections are encrypted, those between the nodes as well. Must outlive the cluster.
        const RedisTls* tls = nullptr;
        /// How long a node is away before its replica takes its place. A machine that is busy seems to be away.
        std::chrono::milliseconds node_timeout{15'000};
    };

    explicit RedisCluster(const Layout& layout);

    /// Names all nodes.
    [[nodiscard]] std::string uri() const;
    [[nodiscard]] std::size_t size() const noexcept { return servers_.size(); }
    /// The masters come first, then a replica of each, then another one of each.
    [[nodiscard]] RedisServer& server(std::size_t place) { return *servers_.at(place); }
    /// A connection to one node, which answers for its own keys alone.
    [[nodiscard]] const redis::Pool& node(std::size_t place) const { return *nodes_.at(place); }
    [[nodiscard]] const std::string& id(std::size_t place) const { return ids_.at(place); }
    [[nodiscard]] std::size_t masters() const noexcept { return layout_.masters; }
    /// Which of the first masters the key belongs to as long as no slot has moved.
    [[nodiscard]] std::size_t owner_of(std::string_view key) const;
    /// Whether the node is a master now.
    [[nodiscard]] bool is_master(std::size_t place) const;
    /// Until replicas have what their masters have.
    void await_replicas() const;

private:
    void start();
    void join();
    void add_replicas();
    [[nodiscard]] std::pair<std::size_t, std::size_t> slots_of(std::size_t master) const;
    [[nodiscard]] std::string info(std::size_t place, std::string_view section) const;

    const Layout layout_;
    std::vector<std::uint16_t> bus_ports_;
    std::vector<std::unique_ptr<RedisServer>> servers_;
    std::vector<std::unique_ptr<redis::Pool>> nodes_;
    std::vector<std::string> ids_;
};

/// A sentinel of a test's own, which alone decides that the master it watches is lost, half a second after it is.
class RedisSentinel : public ServerProcess {
public:
    static constexpr const char* master_name = "main";

    /// `master_password`: what the servers it watches want to be told; empty: nothing.
    explicit RedisSentinel(const RedisServer& master, const std::string& password = {});

    [[nodiscard]] std::string uri() const {
        return "redis-sentinel://127.0.0.1:" + std::to_string(port()) + '/' + master_name;
    }
};

}  // namespace twinfleet::testing
