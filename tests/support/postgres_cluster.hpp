#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "tests/support/program.hpp"

namespace twinfleet::testing {

/// A PostgreSQL server of a test's own, for what would disturb others: stopping, starting and pausing it. It listens on
/// a free port of 127.0.0.1, and ends with the object, and with the thread that started it.
class PostgresCluster {
public:
    PostgresCluster();
    PostgresCluster(const PostgresCluster&) = delete;
    PostgresCluster& operator=(const PostgresCluster&) = delete;
    ~PostgresCluster();

    [[nodiscard]] std::string dsn() const;
    /// Breaks all connections and ends without a shutdown checkpoint (mode immediate); what was committed stays.
    void stop();
    /// Returns when it takes connections.
    void start();
    /// Stops all of it (SIGSTOP): connections stay open, nobody answers. Returns once every process stands still.
    void pause();
    void resume();

private:
    std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    std::optional<Program> server_;
};

}  // namespace twinfleet::testing
