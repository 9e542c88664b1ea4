#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "platform/mongo/client.hpp"

/// Stores for tests. TestMongo and PostgresDatabase use the running ones that the environment names and throw
/// std::runtime_error, which fails the test, when it names none. Each test gets databases of its own, so tests may run
/// side by side on one server.
namespace twinfleet::testing {

/// Databases on the server of TWINFLEET_TEST_MONGO_URI.
class TestMongo {
public:
    TestMongo();
    TestMongo(const TestMongo&) = delete;
    TestMongo& operator=(const TestMongo&) = delete;
    /// Drops every database whose name begins with the prefix.
    ~TestMongo();

    [[nodiscard]] const std::string& uri() const noexcept { return uri_; }
    /// "t<8 random hex digits>_": put before the name of a database, it is nobody else's.
    [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }
    [[nodiscard]] std::string database_name(std::string_view name) const { return prefix_ + std::string(name); }
    /// Connections to the server with default settings.
    [[nodiscard]] const mongo::Pool& pool() const noexcept { return pool_; }

private:
    std::string uri_;
    std::string prefix_;
    mongo::Pool pool_;
};

/// An empty database of a random name on the server of TWINFLEET_TEST_POSTGRES_DSN; gone with the object.
class PostgresDatabase {
public:
    PostgresDatabase();
    PostgresDatabase(const PostgresDatabase&) = delete;
    PostgresDatabase& operator=(const PostgresDatabase&) = delete;
    ~PostgresDatabase();

    [[nodiscard]] const std::string& dsn() const noexcept { return dsn_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// Cuts off every connection to this database, as a restart of the server would.
    void terminate_connections() const;

private:
    std::string server_dsn_;
    std::string name_;
    std::string dsn_;
};

/// An embedded MongoDB-protocol server of a test's own, for what would disturb others: stopping, killing, pausing. Runs
/// as a child process on a free loopback port; it ends with the object, and with the thread that started it. The Java
/// class path is TWINFLEET_EMBEDDED_MONGO_CLASSPATH or what tools/embedded_mongo was built into.
class EmbeddedMongo {
public:
    /// Starts the server and waits until it listens. With `data_file` (H2's) what was written survives stop() and
    /// restart().
    explicit EmbeddedMongo(std::filesystem::path data_file = {});
    EmbeddedMongo(const EmbeddedMongo&) = delete;
    EmbeddedMongo& operator=(const EmbeddedMongo&) = delete;
    ~EmbeddedMongo();

    [[nodiscard]] std::string uri() const { return "mongodb://127.0.0.1:" + std::to_string(port_); }
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

    std::filesystem::path data_file_;
    std::uint16_t port_ = 0;
    pid_t process_ = 0;
};

}  // namespace twinfleet::testing
