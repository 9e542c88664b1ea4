#include "tests/support/redis_cluster.hpp"

#include <fstream>
#include <stdexcept>
#include <utility>

#include <poll.h>

#include "platform/redis/slots.hpp"
#include "tests/support/loopback_port.hpp"
#include "tests/support/redis_tls.hpp"

namespace twinfleet::testing {
namespace {

ServerProcess::Command sentinel_command(const RedisServer& master, const std::string& password) {
    // It writes into its configuration what it finds out.
    const auto words = [master_port = master.port(), password](std::uint16_t port,
                                                               const std::filesystem::path& folder) {
        const auto file = folder / "sentinel.conf";
        const std::string name = RedisSentinel::master_name;
        std::ofstream(file) << "port " << port << "\nbind 127.0.0.1\ndir " << folder.string() << "\nsentinel monitor "
                            << name << " 127.0.0.1 " << master_port << " 1\nsentinel down-after-milliseconds " << name
                            << " 500\nsentinel failover-timeout " << name << " 3000\n"
                            << (password.empty() ? "" : "requirepass " + password + '\n');
        return std::vector<std::string>{"redis-server", file.string(), "--sentinel"};
    };
    return {.name = "redis-sentinel",
            .words = words,
            .ready_text = "+monitor master",
            .start_timeout = std::chrono::seconds(30)};
}

}  // namespace

void await_redis(std::string_view what, const std::function<bool()>& condition) {
    constexpr int interval_ms = 20;
    const auto holds = [&] {
        try {
            return condition();
        } catch (const std::runtime_error&) {
            return false;
        }
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("Redis does not come so far: " + std::string(what));
        }
        ::poll(nullptr, 0, interval_ms);
    }
}

RedisCluster::RedisCluster(const Layout& layout) : layout_(layout) {
    start();
    join();
    add_replicas();
}

void RedisCluster::start() {
    const auto count = layout_.masters * (1 + layout_.replicas_of_each);
    for (std::size_t i = 0; i < count; ++i) {
        bus_ports_.push_back(free_loopback_port());
        servers_.push_back(std::make_unique<RedisServer>(RedisServer::Options{
            .persistence = layout_.persistence,
            .tls = layout_.tls,
            .more = {"--cluster-enabled", "yes", "--cluster-port", std::to_string(bus_ports_.back()),
                     "--cluster-node-timeout", std::to_string(layout_.node_timeout.count()),
                     // Slots of a lost master take nobody else's along.
                     "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0",
                     // A replica that has been told nothing yet is not shown as one.
                     "--repl-ping-replica-period", "1"}}));
        auto settings = patient_redis_settings(servers_.back()->uri());
        if (layout_.tls != nullptr) {
            settings.tls = layout_.tls->client();
        }
        nodes_.push_back(std::make_unique<redis::Pool>(settings));
        ids_.push_back(nodes_.back()->call({"CLUSTER", "MYID"}).text());
    }
}

std::pair<std::size_t, std::size_t> RedisCluster::slots_of(std::size_t master) const {
    return {redis::slots_count * master / layout_.masters, redis::slots_count * (master + 1) / layout_.masters - 1};
}

void RedisCluster::join() {
    for (std::size_t i = 0; i < size(); ++i) {
        static_cast<void>(nodes_[i]->call({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)}));
        if (i < layout_.masters) {
            const auto [first, last] = slots_of(i);
            static_cast<void>(
                nodes_[i]->call({"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(last)}));
        }
        for (std::size_t other = 0; other < i; ++other) {
            static_cast<void>(nodes_[i]->call({"CLUSTER", "MEET", "127.0.0.1", std::to_string(servers_[other]->port()),
                                               std::to_string(bus_ports_[other])}));
        }
    }
    await_redis("all nodes know each other and serve", [this] {
        for (std::size_t i = 0; i < size(); ++i) {
            const auto state = nodes_[i]->call({"CLUSTER", "INFO"}).text();
            if (state.find("cluster_state:ok") == std::string::npos ||
                state.find("cluster_slots_ok:16384") == std::string::npos ||
                state.find("cluster_known_nodes:" + std::to_string(size()) + "\r\n") == std::string::npos) {
                return false;
            }
            if (nodes_[i]->call({"CLUSTER", "NODES"}).text().find("handshake") != std::string::npos) {
                return false;
            }
        }
        return true;
    });
}

void RedisCluster::add_replicas() {
    for (std::size_t i = layout_.masters; i < size(); ++i) {
        const std::string& master = ids_[i % layout_.masters];
        await_redis("a replica knows its master", [&] {
            static_cast<void>(nodes_[i]->call({"CLUSTER", "REPLICATE", master}));
            return true;
        });
    }
    await_replicas();
    if (layout_.replicas_of_each == 0) {
        return;
    }
    await_redis("every node knows the replicas", [this] {
        for (std::size_t i = 0; i < size(); ++i) {
            const auto reply = nodes_[i]->call({"CLUSTER", "SLOTS"});
            for (const auto& range : reply.items()) {
                if (range.items().size() != 3 + layout_.replicas_of_each) {
                    return false;
                }
            }
        }
        return true;
    });
}

void RedisCluster::await_replicas() const {
    await_redis("replicas have what their masters have", [this] {
        for (std::size_t i = layout_.masters; i < size(); ++i) {
            if (info(i, "replication").find("master_link_status:up") == std::string::npos) {
                return false;
            }
        }
        return true;
    });
}

std::string RedisCluster::info(std::size_t place, std::string_view section) const {
    return nodes_[place]->call({"INFO", section}).text();
}

std::string RedisCluster::uri() const {
    std::string uri = layout_.tls == nullptr ? "redis-cluster://" : "rediss-cluster://";
    for (std::size_t i = 0; i < size(); ++i) {
        uri += (i == 0 ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(servers_[i]->port());
    }
    return uri;
}

std::size_t RedisCluster::owner_of(std::string_view key) const {
    const auto slot = redis::slot_of_key(key);
    std::size_t master = 0;
    while (slot > slots_of(master).second) {
        ++master;
    }
    return master;
}

bool RedisCluster::is_master(std::size_t place) const {
    return info(place, "replication").find("role:master") != std::string::npos;
}

RedisSentinel::RedisSentinel(const RedisServer& master, const std::string& password)
    : ServerProcess(sentinel_command(master, password)) {}

}  // namespace twinfleet::testing
