#pragma once

#include <cstddef>
#include <memory>

#include "platform/redis/client.hpp"
#include "platform/redis/connection.hpp"
#include "platform/redis/sentinel.hpp"

namespace twinfleet::redis {

/// Connects to where channels are heard: the server; the master that sentinels name; of a cluster any node, since each
/// passes on to all others what is published on it (redis.io/docs/latest/develop/interact/pubsub). Used by one thread.
class ChannelSource {
public:
    /// Of `settings` this takes the URI and how to connect. Throws std::invalid_argument as Pool does.
    explicit ChannelSource(const Settings& settings);

    /// To another node of a cluster each time. Throws platform::StoreUnavailable or platform::StoreRefused.
    [[nodiscard]] std::unique_ptr<Connection> connect(Deadline deadline);

private:
    Target target_;
    std::shared_ptr<const tls::Context> tls_;
    /// nullptr where there are none.
    std::unique_ptr<Sentinels> sentinels_;
    std::size_t turn_ = 0;
};

}  // namespace twinfleet::redis
