#pragma once

#include <cstdint>
#include <string>

#include "platform/redis/client.hpp"
#include "tests/support/server_process.hpp"

namespace twinfleet::testing {

/// A redis-server of a test's own.
class RedisServer : public ServerProcess {
public:
    /// `append_only_file`: what was written survives stop(), kill() and restart().
    enum class Persistence : std::uint8_t { none, append_only_file };

    explicit RedisServer(Persistence persistence = Persistence::none);

    [[nodiscard]] std::string uri() const { return "redis://127.0.0.1:" + std::to_string(port()); }
};

/// An empty Redis for one test: the server that the test program shares among its tests, started when the first of them
/// asks and emptied for each. Not one server for all programs, because the names of keys are fixed, and a server has
/// only 16 databases. To be made by the main thread, one at a time.
class TestRedis {
public:
    TestRedis();

    [[nodiscard]] const std::string& uri() const noexcept { return uri_; }
    /// Connections with time-outs that a slow machine keeps, too.
    [[nodiscard]] const redis::Pool& pool() const noexcept { return pool_; }

private:
    std::string uri_;
    redis::Pool pool_;
};

}  // namespace twinfleet::testing
