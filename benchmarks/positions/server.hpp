#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace twinfleet::benchmarks {

struct PositionServer {
    std::uint16_t port = 0;
    std::string redis_uri;
    std::size_t drivers = 20'000;
    /// The naive way: each request goes to Redis by itself, and in it each position.
    bool is_one_by_one = false;
};

/// The route for positions on ApiServer, Redis and driver_sessions, as driver-protocol has it. Ends with SIGTERM.
void serve_positions(const PositionServer& server);

}  // namespace twinfleet::benchmarks
