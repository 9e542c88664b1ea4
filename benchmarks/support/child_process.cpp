#include "benchmarks/support/child_process.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace twinfleet::benchmarks {
namespace {

/// Its stdout goes to `output`, its stderr to `errors`; -1: where ours go.
pid_t spawn(const std::vector<std::string>& command, int output, int errors = -1) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: posix_spawn takes char*
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (output >= 0) {
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    }
    if (errors >= 0) {
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    }
    pid_t process = 0;
    const int error = posix_spawnp(&process, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw std::runtime_error("cannot start " + command.front());
    }
    return process;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Usage run_program(const std::vector<std::string>& command) {
    std::array<int, 2> pipe_ends{};
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe");
    }
    const auto started_at = std::chrono::steady_clock::now();
    const pid_t process = spawn(command, pipe_ends[1]);
    close(pipe_ends[1]);
    Usage usage;
    std::array<char, 65536> buffer{};
    for (ssize_t count = 0; (count = read(pipe_ends[0], buffer.data(), buffer.size())) > 0;) {
        usage.output.append(buffer.data(), static_cast<std::size_t>(count));
    }
    close(pipe_ends[0]);
    int status = 0;
    rusage used{};
    wait4(process, &status, 0, &used);
    usage.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_at).count();
    usage.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
    usage.peak_memory_mib = static_cast<double>(used.ru_maxrss) / 1024.0;
    usage.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return usage;
}

BackgroundProgram::BackgroundProgram(const std::vector<std::string>& command, const std::filesystem::path& log) {
    if (log.empty()) {
        process_ = spawn(command, -1);
        return;
    }
    const int file = open(log.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) {
        throw std::runtime_error("cannot write " + log.string());
    }
    try {
        process_ = spawn(command, file, file);
    } catch (...) {
        close(file);
        throw;
    }
    close(file);
}

BackgroundProgram::~BackgroundProgram() {
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
}

void BackgroundProgram::assert_running() const {
    if (kill(process_, 0) != 0 || waitpid(process_, nullptr, WNOHANG) != 0) {
        throw std::runtime_error("a program that should be running has ended");
    }
}

double BackgroundProgram::cpu_seconds() const {
    std::ifstream file(proc("stat"));
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream rest(text.substr(text.rfind(')') + 2));
    std::string skipped;
    constexpr int fields_before_utime = 11;  // proc(5)
    for (int i = 0; i < fields_before_utime; ++i) {
        rest >> skipped;
    }
    double user_ticks = 0;
    double system_ticks = 0;
    rest >> user_ticks >> system_ticks;
    return (user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double BackgroundProgram::resident_mib() const {
    std::ifstream file(proc("statm"));
    double total_pages = 0;
    double resident_pages = 0;
    file >> total_pages >> resident_pages;
    return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

std::size_t BackgroundProgram::open_descriptors() const {
    const std::filesystem::directory_iterator descriptors(proc("fd"));
    return static_cast<std::size_t>(std::distance(begin(descriptors), end(descriptors)));
}

std::filesystem::path BackgroundProgram::proc(const char* name) const {
    return std::filesystem::path("/proc") / std::to_string(process_) / name;
}

}  // namespace twinfleet::benchmarks
