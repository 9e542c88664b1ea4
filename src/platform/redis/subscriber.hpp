#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "platform/redis/client.hpp"

namespace twinfleet::redis {

class ChannelSource;

/// How a Subscriber keeps its connection.
struct SubscriberSettings {
    /// A connection on which nothing has come for so long is asked whether it is still there (PING); without an answer
    /// within Settings::command_timeout it counts as lost.
    std::chrono::milliseconds ping_interval{5'000};
    /// The pauses between attempts to subscribe again: the first one, which doubles up to the longest.
    std::chrono::milliseconds reconnect_first{100};
    std::chrono::milliseconds reconnect_longest{5'000};
};

/// Hears what is published on one channel (redis.io/docs/latest/develop/interact/pubsub). It has a connection and a
/// thread of its own. A connection that is lost is replaced, for as long as it takes.
///
/// What is published while there is no connection, or while the server has dropped it because messages were read too
/// slowly, never comes: Redis keeps nothing. So a message may only be a hint that makes something happen sooner.
/// Channels do not belong to a database: subscribers of all databases of a server, and of all nodes of a cluster, hear
/// the same.
class Subscriber {
public:
    /// What is told; all of it on the Subscriber's thread, which waits meanwhile. None of them may throw.
    struct Listener {
        /// What was published. Valid during the call.
        std::function<void(std::string_view message)> heard;
        /// From now on nothing is missed.
        std::function<void()> subscribed;
        /// Messages may be missed from now on. Called once for each time that the server is away; attempts to come back
        /// that fail are not told. `reason` holds neither credentials nor messages.
        std::function<void(std::string_view reason)> lost;
    };

    /// Begins to connect, and does not wait for it. Of `server` this takes the URI, what belongs to TLS, and the
    /// time-outs. Throws
    /// std::invalid_argument when the URI cannot be read.
    Subscriber(const Settings& server, std::string channel, Listener listener, const SubscriberSettings& settings = {});
    /// Waits for a call of the listener, or an attempt to connect, that is under way.
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

private:
    void run(const std::stop_token& stop) const;
    /// Subscribes, calls `subscribed`, and hears until `stop` is requested; throws when the connection is lost.
    void listen(const std::stop_token& stop, const std::function<void()>& subscribed) const;

    // Constant after construction.
    const Settings server_;
    /// Used by the thread alone.
    const std::unique_ptr<ChannelSource> source_;
    const std::string channel_;
    const Listener listener_;
    const SubscriberSettings settings_;

    std::jthread thread_;
};

}  // namespace twinfleet::redis
