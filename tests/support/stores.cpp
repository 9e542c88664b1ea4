#include "tests/support/stores.hpp"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <utility>

#include <pqxx/connection>
#include <pqxx/nontransaction>

#include "platform/bson/builder.hpp"

namespace twinfleet::testing {
namespace {

std::string required_variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') {
        throw std::runtime_error("start the stores: ./dev up, or run ./dev test");
    }
    return value;
}

std::string random_hex_digits(std::size_t count) {
    std::random_device random;
    std::string digits;
    while (digits.size() < count) {
        digits += "0123456789abcdef"[random() % 16];
    }
    return digits;
}

/// libpq takes the last of several values.
std::string with_database(const std::string& dsn, const std::string& name) {
    if (dsn.find("://") == std::string::npos) {
        return dsn + " dbname=" + name;
    }
    return dsn + (dsn.find('?') == std::string::npos ? "?" : "&") + "dbname=" + name;
}

void execute(const std::string& dsn, const std::string& sql) {
    pqxx::connection connection(dsn);
    pqxx::nontransaction session(connection);
    session.exec(sql);
}

}  // namespace

TestMongo::TestMongo() : TestMongo(required_variable("TWINFLEET_TEST_MONGO_URI")) {}

TestMongo::TestMongo(std::string uri)
    : uri_(std::move(uri)), prefix_("t" + random_hex_digits(8) + "_"), pool_({.uri = uri_}) {}

TestMongo::~TestMongo() {
    try {
        const auto answer = pool_.command("admin", bson::Builder().int32("listDatabases", 1).take());
        const auto databases = answer.view().find("databases");
        for (const auto& database : databases.value().document()) {
            const auto name = std::string(database.document().find("name").value().string());
            if (name.starts_with(prefix_)) {
                static_cast<void>(pool_.command(name, bson::Builder().int32("dropDatabase", 1).take()));
            }
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "databases %s* were left behind: %s\n", prefix_.c_str(), error.what());
    }
}

void put_as_is(const mongo::Collection& collection, bson::View document) {
    const auto id = bson::Builder().copy(document.find("_id").value()).take();
    mongo::Bulk removal = collection.bulk();
    removal.remove_one(id);
    static_cast<void>(removal.execute());
    mongo::Bulk insertion = collection.bulk();
    insertion.insert(document);
    if (!insertion.execute().errors.empty()) {
        throw std::runtime_error("the server did not take a document of the test");
    }
    const auto time = document.find("updated_ts");
    if (time && time->type == bson::Type::timestamp && time->timestamp() == bson::Timestamp{}) {
        mongo::Bulk update = collection.bulk();
        update.update_one(id, bson::Builder().begin_document("$set").copy(*time).end().take());
        static_cast<void>(update.execute());
    }
}

PostgresDatabase::PostgresDatabase()
    : server_dsn_(required_variable("TWINFLEET_TEST_POSTGRES_DSN")),
      name_("twinfleet_test_" + random_hex_digits(8)),
      dsn_(with_database(server_dsn_, name_)) {
    execute(server_dsn_, "CREATE DATABASE " + name_);
}

PostgresDatabase::~PostgresDatabase() {
    try {
        execute(server_dsn_, "DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "database %s was left behind: %s\n", name_.c_str(), error.what());
    }
}

void PostgresDatabase::terminate_connections() const {
    execute(server_dsn_,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
}

}  // namespace twinfleet::testing
