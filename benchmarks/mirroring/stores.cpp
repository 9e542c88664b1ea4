#include "benchmarks/mirroring/stores.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "benchmarks/support/child_process.hpp"
#include "benchmarks/support/machine.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::benchmarks {
namespace {

/// Of `scheme://[user@]127.0.0.1:port/...`.
std::uint16_t port_of(const std::string& address) {
    const auto colon = address.rfind(':');
    const int port = colon == std::string::npos ? 0 : std::atoi(address.c_str() + colon + 1);
    if (port <= 0 || port > 65'535) {
        throw std::runtime_error("a store's address has no port");
    }
    return static_cast<std::uint16_t>(port);
}

bool is_java(pid_t process) {
    std::error_code hidden;
    const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", hidden);
    return program.filename() == "java";
}

}  // namespace

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') {
        throw std::runtime_error(std::string(name) + " is not set: run ./dev bench mirroring");
    }
    return value;
}

Stores::Stores()
    : mongo_uri_(environment("TWINFLEET_TEST_MONGO_URI")),
      postgres_dsn_(environment("TWINFLEET_TEST_POSTGRES_DSN")),
      mongo_(listener_on(port_of(mongo_uri_))),
      postgres_(listener_on(port_of(postgres_dsn_))) {}

void Stores::drop_schema() const {
    postgres::Pool postgres({.dsn = postgres_dsn_});
    postgres.transact(
        [](postgres::Transaction& transaction) { transaction.execute("DROP SCHEMA IF EXISTS fleet_sync CASCADE"); });
}

void Stores::settle() const {
    postgres::Pool postgres({.dsn = postgres_dsn_, .statement_timeout = std::chrono::minutes(2)});
    postgres.transact([](postgres::Transaction& transaction) { transaction.execute("CHECKPOINT"); });
    if (is_java(mongo_) && run_program({"jcmd", std::to_string(mongo_), "GC.run"}).exit_code != 0) {
        throw std::runtime_error("jcmd GC.run failed");
    }
}

double Stores::mongo_cpu_seconds() const {
    return cpu_seconds_of_tree(mongo_);
}

double Stores::postgres_cpu_seconds() const {
    return cpu_seconds_of_tree(postgres_);
}

}  // namespace twinfleet::benchmarks
