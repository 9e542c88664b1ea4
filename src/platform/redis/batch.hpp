#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "platform/redis/client.hpp"
#include "platform/redis/connection.hpp"
#include "platform/redis/server_pool.hpp"

namespace twinfleet::redis {

/// That the writes of a connection have reached replicas (redis.io/docs/latest/commands/wait).
struct ReplicaWait {
    std::size_t replicas = 1;
    std::chrono::milliseconds timeout{0};
};

/// The commands of a call that go to one server, and what it answers.
struct Batch {
    ServerPool::Lease lease;
    std::vector<const Command*> commands = {};
    /// Each command asks a node of a cluster to which its slot is on the way (ASKING).
    bool is_asking = false;
    std::optional<ReplicaWait> replica_wait = {};

    /// Set by run(): an answer to each command, or why there are not all of them.
    std::vector<Answer> answers = {};
    std::exception_ptr failure = {};
    /// With `replica_wait`: how many replicas have the writes.
    std::size_t replicas = 0;
};

/// Sends the batches to their servers side by side, over connections that are open, and the commands again whose
/// script a server did not know, once it has been loaded there; a server that refuses to load it fails its batch. Keeps
/// the connections that served well.
void run(std::span<Batch> batches, Deadline deadline);

}  // namespace twinfleet::redis
