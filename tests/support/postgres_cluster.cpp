#include "tests/support/postgres_cluster.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <set>
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

struct ProcessState {
    pid_t parent = 0;
    char state = ' ';
};

/// What proc(5) tells; nullopt when it has ended.
std::optional<ProcessState> state_of(const std::filesystem::path& process) {
    std::ifstream file(process / "stat");
    std::string line;
    std::getline(file, line);
    // The name of the program stands in parentheses and may hold some itself.
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos || name_end + 4 >= line.size()) {
        return std::nullopt;
    }
    ProcessState found{.state = line[name_end + 2]};
    std::from_chars(line.data() + name_end + 4, line.data() + line.size(), found.parent);
    return found;
}

/// The server's processes are sessions of their own, not its group: they are told by their parent.
std::set<pid_t> children_of(pid_t server) {
    std::set<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        pid_t process = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
        const auto state = error == std::errc() ? state_of(entry.path()) : std::nullopt;
        if (state && state->parent == server) {
            found.insert(process);
        }
    }
    return found;
}

bool stands_still(pid_t process) {
    const auto state = state_of("/proc/" + std::to_string(process));
    return !state || state->state == 'T' || state->state == 'Z';
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

void PostgresCluster::pause() {
    // It first: then nobody starts any more.
    server_->pause();
    for (const pid_t process : children_of(server_->process_id())) {
        ::kill(process, SIGSTOP);
    }
    const auto all_stand_still = [this] {
        return std::ranges::all_of(children_of(server_->process_id()), stands_still);
    };
    if (!server_->reaches(all_stand_still, start_timeout)) {
        throw std::runtime_error("PostgreSQL does not stand still");
    }
}

void PostgresCluster::resume() {
    for (const pid_t process : children_of(server_->process_id())) {
        ::kill(process, SIGCONT);
    }
    server_->resume();
}

void PostgresCluster::stop() {
    if (server_) {
        resume();
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
