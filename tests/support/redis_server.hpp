#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <sys/types.h>

#include "platform/redis/client.hpp"

namespace twinfleet::testing {

/// A redis-server of a test's own, for what would disturb others: stopping, killing, pausing. Runs as a child process
/// on a free loopback port, with its data in a temporary folder; both end with the object, the process also with the
/// thread that started it.
class RedisServer {
public:
    /// `append_only_file`: what was written survives stop(), kill() and restart().
    enum class Persistence : std::uint8_t { none, append_only_file };

    /// Starts the server and waits until it listens.
    explicit RedisServer(Persistence persistence = Persistence::none);
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;
    ~RedisServer();

    [[nodiscard]] std::string uri() const { return "redis://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Asks it to end and waits for that. Without effect when it does not run; the same for kill().
    void stop();
    /// SIGKILL: connections break, nothing is written any more.
    void kill();
    /// Stops it if it runs, and starts it on the same port.
    void restart();
    /// Connections stay open, nobody answers.
    void pause();
    void resume();

private:
    /// False when the port was taken in the meantime.
    [[nodiscard]] bool start();
    void end(int signal);

    const Persistence persistence_;
    std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    pid_t process_ = 0;
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
