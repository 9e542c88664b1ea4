#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/program.hpp"

namespace twinfleet::testing {

struct Identity;

/// A PostgreSQL server of a test's own, for what would disturb others: stopping, starting and pausing it. It listens on
/// a free port of 127.0.0.1, and ends with the object, and with the thread that started it.
class PostgresCluster {
public:
    struct Options {
        /// Whom the server, as a standby, follows, from a copy of it; nullptr for a primary.
        const PostgresCluster* standby_of = nullptr;
        /// What the server shows to clients that ask for TLS; nullptr: it speaks none.
        const Identity* identity = nullptr;
    };
    PostgresCluster();
    explicit PostgresCluster(const Options& options);
    PostgresCluster(const PostgresCluster&) = delete;
    PostgresCluster& operator=(const PostgresCluster&) = delete;
    ~PostgresCluster();

    [[nodiscard]] std::string dsn() const;
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Makes a primary of a standby. Returns when it takes writes.
    void promote();
    /// Makes a standby of a primary, as before a switchover to another server: its connections break, its standbys get
    /// all that was committed, and when this returns it takes new connections, which may only read.
    void demote();
    /// Breaks all connections and ends without a shutdown checkpoint (mode immediate); what was committed stays.
    void stop();
    /// Returns when it takes connections.
    void start();
    /// Stops all of it (SIGSTOP): connections stay open, nobody answers. Returns once every process stands still.
    void pause();
    void resume();

private:
    void end(int signal);
    void make_data(const Options& options);
    void show(const Identity& identity);

    std::vector<std::string> settings_;
    std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    std::optional<Program> server_;
};

}  // namespace twinfleet::testing
