#include "tests/support/postgres_cluster.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <pqxx/connection>
#include <pqxx/except>
#include <pwd.h>
#include <unistd.h>

#include "tests/support/loopback_port.hpp"

namespace twinfleet::testing {
namespace {

constexpr const char* database_user = "twinfleet";
constexpr std::chrono::seconds start_timeout{30};

/// Debian keeps a folder for each version.
std::filesystem::path newest_binaries() {
    std::vector<std::filesystem::path> versions;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
        versions.push_back(entry.path());
    }
    if (versions.empty()) {
        throw std::runtime_error("PostgreSQL is not installed");
    }
    const auto number = [](const std::filesystem::path& path) { return std::stoi(path.filename()); };
    return *std::ranges::max_element(versions, {}, number) / "bin";
}

/// PostgreSQL refuses to run as root.
Command as_server_user(const std::string& program, std::vector<std::string> arguments) {
    const std::string path = newest_binaries() / program;
    if (::geteuid() != 0) {
        return {.program = path, .arguments = std::move(arguments)};
    }
    // A change of user takes the death signal of Program away, so it is asked for again.
    std::vector<std::string> words{"--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=KILL", path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return {.program = "setpriv", .arguments = std::move(words)};
}

std::filesystem::path folder_of_server_user() {
    std::string name = std::filesystem::temp_directory_path() / "twinfleet-postgres-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "mkdtemp");
    }
    if (::geteuid() == 0) {
        const passwd* user = ::getpwnam("postgres");
        if (user == nullptr || ::chown(name.c_str(), user->pw_uid, user->pw_gid) != 0) {
            throw std::runtime_error("no user postgres to run PostgreSQL");
        }
    }
    return name;
}

}  // namespace

PostgresCluster::PostgresCluster() : folder_(folder_of_server_user()) {
    const Ended made = run(as_server_user("initdb", {"-D", folder_ / "data", "-U", database_user, "--auth=trust",
                                                     "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"}));
    if (made.exit_code != 0) {
        throw std::runtime_error("initdb failed: " + made.error);
    }
    constexpr int attempts = 5;
    for (int attempt = 1;; ++attempt) {
        port_ = free_loopback_port();
        try {
            start();
            return;
        } catch (const std::runtime_error&) {
            if (attempt == attempts) {
                throw;
            }
        }
    }
}

PostgresCluster::~PostgresCluster() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string PostgresCluster::dsn() const {
    return std::string("postgresql://") + database_user + "@127.0.0.1:" + std::to_string(port_) + "/postgres";
}

void PostgresCluster::stop() {
    if (server_) {
        server_->signal(SIGQUIT);
        static_cast<void>(server_->wait());
        server_.reset();
    }
}

void PostgresCluster::start() {
    server_.emplace(as_server_user(
        "postgres", {"-D", folder_ / "data", "-p", std::to_string(port_), "-c", "listen_addresses=127.0.0.1", "-c",
                     "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=32MB"}));
    const auto takes_connections = [this] {
        try {
            const pqxx::connection connection(dsn());
            return true;
        } catch (const pqxx::broken_connection&) {
            return false;
        }
    };
    if (!server_->reaches(takes_connections, start_timeout)) {
        const std::string said = server_->error();
        server_.reset();
        throw std::runtime_error("PostgreSQL does not start: " + said);
    }
}

}  // namespace twinfleet::testing
