#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/redis/client.hpp"
#include "tests/support/server_process.hpp"

namespace twinfleet::testing {

class RedisTls;

/// A redis-server of a test's own.
class RedisServer : public ServerProcess {
public:
    /// `append_only_file`: what was written survives stop(), kill() and restart().
    enum class Persistence : std::uint8_t { none, append_only_file };

    struct Options {
        Persistence persistence = Persistence::none;
        /// Not nullptr: the server speaks TLS alone. Must outlive the server.
        const RedisTls* tls = nullptr;
        /// What else is in its configuration: `{"--name", "value", ...}`.
        std::vector<std::string> more = {};
    };

    explicit RedisServer(Persistence persistence = Persistence::none)
        : RedisServer(Options{.persistence = persistence}) {}
    explicit RedisServer(const Options& options);

    [[nodiscard]] std::string uri() const {
        return (is_tls_ ? "rediss://127.0.0.1:" : "redis://127.0.0.1:") + std::to_string(port());
    }

private:
    const bool is_tls_;
};

/// Settings with time-outs that a slow machine keeps, too.
[[nodiscard]] redis::Settings patient_redis_settings(std::string uri);

/// An empty Redis for one test: the server that the test program shares among its tests, or, where the environment
/// variable TWINFLEET_TEST_REDIS_KIND says `cluster`, a cluster of three masters; started when the first of them asks
/// and emptied for each. Not one server for all programs, because the names of keys are fixed, and a server has only 16
/// databases. To be made by the main thread, one at a time.
class TestRedis {
public:
    TestRedis();

    [[nodiscard]] static bool is_cluster();
    [[nodiscard]] const std::string& uri() const noexcept { return uri_; }
    /// Connections with time-outs that a slow machine keeps, too.
    [[nodiscard]] const redis::Pool& pool() const noexcept { return pool_; }
    /// What each server answers to a command that is not about a key.
    std::vector<redis::Reply> on_every_server(const redis::Command& command) const;
    /// The keys that match the pattern, on all servers.
    [[nodiscard]] std::vector<std::string> keys(std::string_view pattern) const;

private:
    std::string uri_;
    redis::Pool pool_;
    std::vector<std::unique_ptr<redis::Pool>> servers_;
};

}  // namespace twinfleet::testing
