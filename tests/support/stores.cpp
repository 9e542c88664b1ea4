#include "tests/support/stores.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/bson/builder.hpp"
#include "tests/support/loopback_port.hpp"

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

[[noreturn]] void throw_system_error(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

class FileDescriptor {
public:
    explicit FileDescriptor(int value) noexcept : value_(value) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() { close(); }
    [[nodiscard]] int get() const noexcept { return value_; }
    void close() noexcept {
        if (value_ >= 0) {
            ::close(value_);
        }
        value_ = -1;
    }

private:
    int value_;
};

std::string embedded_mongo_classpath() {
    if (const char* given = std::getenv("TWINFLEET_EMBEDDED_MONGO_CLASSPATH"); given != nullptr && *given != '\0') {
        return given;
    }
    const std::string folder = TWINFLEET_SOURCE_DIR "/tools/embedded_mongo/target/";
    if (!std::filesystem::exists(folder + "embedded-mongo.jar")) {
        throw std::runtime_error("build the embedded MongoDB server: ./dev up, or run ./dev test");
    }
    return folder + "embedded-mongo.jar:" + folder + "lib/*";
}

/// True once `text` has been said, false when the other end was closed without it.
bool waits_for_text(int from, std::string_view text, std::chrono::seconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::string read_so_far;
    std::array<char, 256> buffer{};
    while (read_so_far.find(text) == std::string::npos) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd readable{.fd = from, .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) == 0) {
            throw std::runtime_error("the embedded MongoDB server does not come up");
        }
        const auto size = ::read(from, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return false;
        }
        read_so_far.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return true;
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

TestMongo::TestMongo()
    : uri_(required_variable("TWINFLEET_TEST_MONGO_URI")),
      prefix_("t" + random_hex_digits(8) + "_"),
      pool_({.uri = uri_}) {}

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

EmbeddedMongo::EmbeddedMongo(std::filesystem::path data_file) : data_file_(std::move(data_file)) {
    // Somebody else may take the port before the server does.
    constexpr int attempts = 5;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        port_ = free_loopback_port();
        if (start()) {
            return;
        }
    }
    throw std::runtime_error("the embedded MongoDB server ends at once");
}

EmbeddedMongo::~EmbeddedMongo() {
    kill();
}

bool EmbeddedMongo::start() {
    std::vector<std::string> words{"java", "-Xmx2g", "-XX:+UseSerialGC",
                                   "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                                   // Commands that it does not know, and clients that were killed.
                                   "-Dorg.slf4j.simpleLogger.log.de.bwaldvogel.mongo.wire.MongoWireProtocolHandler=off",
                                   "-Dorg.slf4j.simpleLogger.log.de.bwaldvogel.mongo.wire.MongoExceptionHandler=off",
                                   "-cp", embedded_mongo_classpath(), "EmbeddedMongo", std::to_string(port_)};
    if (!data_file_.empty()) {
        words.push_back(data_file_.string());
    }
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw_system_error("pipe");
    }
    const FileDescriptor from(ends[0]);
    FileDescriptor to(ends[1]);
    const auto parent = ::getpid();
    process_ = ::fork();
    if (process_ < 0) {
        throw_system_error("fork");
    }
    if (process_ == 0) {
        // Only what is safe after fork() in a process with threads.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() == parent && ::dup2(to.get(), STDOUT_FILENO) >= 0) {
            ::execvp(arguments[0], arguments.data());
        }
        ::_exit(127);
    }
    to.close();
    constexpr std::chrono::seconds timeout{60};
    bool listens = false;
    try {
        listens = waits_for_text(from.get(), "listening on", timeout);
    } catch (...) {
        end(SIGKILL);
        throw;
    }
    if (!listens) {
        end(SIGKILL);
    }
    return listens;
}

void EmbeddedMongo::end(int signal) {
    if (process_ > 0) {
        // One that is paused would not notice.
        ::kill(process_, SIGCONT);
        ::kill(process_, signal);
        while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
        }
        process_ = 0;
    }
}

void EmbeddedMongo::stop() {
    end(SIGTERM);
}

void EmbeddedMongo::kill() {
    end(SIGKILL);
}

void EmbeddedMongo::restart() {
    stop();
    if (!start()) {
        throw std::runtime_error("the embedded MongoDB server does not start again on its port");
    }
}

void EmbeddedMongo::pause() {
    ::kill(process_, SIGSTOP);
    // Returns once every thread of it stands still.
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(process_), &info, WSTOPPED | WNOWAIT) < 0 && errno == EINTR) {
    }
}

void EmbeddedMongo::resume() {
    ::kill(process_, SIGCONT);
}

}  // namespace twinfleet::testing
