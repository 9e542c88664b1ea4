#pragma once

#include <string>
#include <string_view>

#include "platform/mongo/client.hpp"

/// Stores for tests. TestMongo and PostgresDatabase use the running ones that the environment names and throw
/// std::runtime_error, which fails the test, when it names none. Each test gets databases of its own, so tests may run
/// side by side on one server.
namespace twinfleet::testing {

/// Databases on the server of TWINFLEET_TEST_MONGO_URI.
class TestMongo {
public:
    TestMongo();
    /// The same on another server, which outlives this.
    explicit TestMongo(std::string uri);
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

/// Inserts exactly this document, or replaces the one of its `_id`: an empty `updated_ts` stays empty, which a server
/// sets when it is inserted. Throws std::runtime_error when the server does not take it.
void put_as_is(const mongo::Collection& collection, bson::View document);

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

}  // namespace twinfleet::testing
