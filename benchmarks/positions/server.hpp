#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace twinfleet::benchmarks {

struct PositionServer {
    std::uint16_t port = 0;
    std::string redis_uri;
    std::size_t drivers = 20'000;
    /// The naive way: each position of a batch is a call to Redis of its own.
    bool is_one_by_one = false;
    /// A line in the log for each request, as rarer ones have it.
    bool is_logged = false;
};

/// The route for positions on ApiServer, Redis and driver_sessions, as driver-protocol has it. Ends with SIGTERM.
void serve_positions(const PositionServer& server);

}  // namespace twinfleet::benchmarks
