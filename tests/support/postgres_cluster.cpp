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

#include "tests/support/certificates.hpp"
#include "tests/support/loopback_port.hpp"
#include "tests/support/system_error.hpp"

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

void give_to_server_user(const std::filesystem::path& path) {
    if (::geteuid() == 0) {
        const passwd* user = ::getpwnam("postgres");
        if (user == nullptr || ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
            throw std::runtime_error("no user postgres to run PostgreSQL");
        }
    }
}

std::filesystem::path folder_of_server_user() {
    std::string name = std::filesystem::temp_directory_path() / "twinfleet-postgres-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw_system_error("mkdtemp");
    }
    give_to_server_user(name);
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

PostgresCluster::PostgresCluster() : PostgresCluster(Options{}) {}

PostgresCluster::PostgresCluster(const Options& options) : folder_(folder_of_server_user()) {
    make_data(options);
    if (options.identity != nullptr) {
        show(*options.identity);
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

void PostgresCluster::make_data(const Options& options) {
    const std::string data = folder_ / "data";
    const Ended made =
        options.standby_of == nullptr
            ? run(as_server_user("initdb", {"-D", data, "-U", database_user, "--auth=trust", "--encoding=UTF8",
                                            "--locale=C.UTF-8", "--no-sync"}))
            : run(as_server_user("pg_basebackup", {"-D", data, "-d", options.standby_of->dsn(), "--write-recovery-conf",
                                                   "--checkpoint=fast", "--no-sync"}));
    if (made.exit_code != 0) {
        throw std::runtime_error("no PostgreSQL could be made: " + made.error);
    }
}

void PostgresCluster::show(const Identity& identity) {
    const std::filesystem::path certificate = folder_ / "server.crt";
    const std::filesystem::path key = folder_ / "server.key";
    identity.write_certificate(certificate);
    identity.write_key(key);
    give_to_server_user(certificate);
    give_to_server_user(key);
    settings_.insert(settings_.end(),
                     {"ssl=on", "ssl_cert_file=" + certificate.string(), "ssl_key_file=" + key.string()});
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
    end(SIGQUIT);
}

void PostgresCluster::end(int signal) {
    if (server_) {
        resume();
        server_->signal(signal);
        static_cast<void>(server_->wait());
        server_.reset();
    }
}

void PostgresCluster::promote() {
    const Ended promoted = run(as_server_user("pg_ctl", {"promote", "--wait", "-D", folder_ / "data"}));
    if (promoted.exit_code != 0) {
        throw std::runtime_error("PostgreSQL was not promoted: " + promoted.error);
    }
}

void PostgresCluster::demote() {
    // Fast shutdown: standbys are waited for (postgresql.org/docs/15/server-shutdown.html).
    end(SIGINT);
    // A server that finds this file stays in recovery (postgresql.org/docs/15/warm-standby.html).
    std::ofstream(folder_ / "data" / "standby.signal").close();
    start();
}

void PostgresCluster::start() {
    std::vector<std::string> words{"-D", folder_ / "data", "-p", std::to_string(port_)};
    for (const std::string setting :
         {"listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "shared_buffers=32MB"}) {
        words.insert(words.end(), {"-c", setting});
    }
    for (const std::string& setting : settings_) {
        words.insert(words.end(), {"-c", setting});
    }
    server_.emplace(as_server_user("postgres", std::move(words)));
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
