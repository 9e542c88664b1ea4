#pragma once

#include <string>

#include <sys/types.h>

namespace twinfleet::benchmarks {

/// The stores of a benchmark, which it empties, and what their processes use. They run on this machine.
class Stores {
public:
    /// From TWINFLEET_TEST_MONGO_URI and TWINFLEET_TEST_POSTGRES_DSN. Throws std::runtime_error when one is not set, or
    /// when its server is not on this machine.
    Stores();

    [[nodiscard]] const std::string& mongo_uri() const noexcept { return mongo_uri_; }
    [[nodiscard]] const std::string& postgres_dsn() const noexcept { return postgres_dsn_; }

    /// Drops the schema of fleet-synchronizer.
    void drop_schema() const;
    /// Has PostgreSQL write what it has put off, and the stand-in for MongoDB collect its garbage (jcmd GC.run), so
    /// that no run pays for the one before it. A server that is no Java program is left alone.
    void settle() const;

    /// Of all processes of the server, those that have ended included.
    [[nodiscard]] double mongo_cpu_seconds() const;
    [[nodiscard]] double postgres_cpu_seconds() const;

private:
    std::string mongo_uri_;
    std::string postgres_dsn_;
    pid_t mongo_ = 0;
    pid_t postgres_ = 0;
};

/// The value of an environment variable; throws std::runtime_error, with what to do, when it is not set.
[[nodiscard]] std::string environment(const char* name);

}  // namespace twinfleet::benchmarks
