#include "tests/support/program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// This header of glibc 2.36 does not say that its functions are C.
extern "C" {
#include <sys/pidfd.h>
}

#include "tests/support/system_error.hpp"

namespace twinfleet::testing {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds poll_interval{5};

/// A file in memory takes any amount of output without anybody reading along.
int captured_output() {
    const int descriptor = ::memfd_create("output", MFD_CLOEXEC);
    if (descriptor < 0) {
        throw_system_error("memfd_create");
    }
    return descriptor;
}

std::string content(int descriptor) {
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
        const auto size = ::pread(descriptor, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
        if (size <= 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& changes) {
    std::vector<std::string> merged;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string entry = *variable;
        if (!changes.contains(entry.substr(0, entry.find('=')))) {
            merged.push_back(entry);
        }
    }
    for (const auto& [name, value] : changes) {
        if (!value.empty()) {
            merged.push_back(name + "=" + value);
        }
    }
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    result.reserve(words.size() + 1);
    for (std::string& word : words) {
        result.push_back(word.data());
    }
    result.push_back(nullptr);
    return result;
}

/// Whether the process has ended.
bool wait_for_end(int process_descriptor, milliseconds timeout) {
    pollfd ended{.fd = process_descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&ended, 1, static_cast<int>(std::max(timeout, milliseconds::zero()).count())) > 0;
}

milliseconds left_until(Clock::time_point deadline) {
    return std::chrono::ceil<milliseconds>(deadline - Clock::now());
}

}  // namespace

Program::Program(const Command& command) : out_(captured_output()), error_(captured_output()) {
    std::vector<std::string> words{command.program.string()};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    std::vector<std::string> variables = merged_environment(command.environment);
    const std::vector<char*> arguments = pointers(words);
    const std::vector<char*> environment = pointers(variables);
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ < 0) {
        throw_system_error("fork");
    }
    if (process_ == 0) {
        // Only what is safe after fork() in a process with threads.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (::getppid() == parent && ::dup2(nothing, STDIN_FILENO) >= 0 && ::dup2(out_, STDOUT_FILENO) >= 0 &&
            ::dup2(error_, STDERR_FILENO) >= 0) {
            ::execvpe(arguments[0], arguments.data(), environment.data());
        }
        ::_exit(127);
    }
    process_descriptor_ = ::pidfd_open(process_, 0);
    if (process_descriptor_ < 0) {
        throw_system_error("pidfd_open");
    }
}

Program::Program(Program&& other) noexcept
    : process_(std::exchange(other.process_, 0)),
      process_descriptor_(std::exchange(other.process_descriptor_, -1)),
      out_(std::exchange(other.out_, -1)),
      error_(std::exchange(other.error_, -1)),
      exit_code_(other.exit_code_) {}

Program::~Program() {
    if (process_ == 0) {
        return;
    }
    signal(SIGKILL);
    if (!exit_code_) {
        while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    for (const int descriptor : {process_descriptor_, out_, error_}) {
        ::close(descriptor);
    }
}

void Program::signal(int number) {
    if (!exit_code_) {
        ::kill(process_, number);
    }
}

void Program::pause() {
    signal(SIGSTOP);
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(process_), &info, WSTOPPED | WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
}

void Program::resume() {
    signal(SIGCONT);
}

bool Program::runs() {
    return !ends_within(milliseconds::zero());
}

bool Program::ends_within(milliseconds timeout) {
    if (exit_code_) {
        return true;
    }
    if (!wait_for_end(process_descriptor_, timeout)) {
        return false;
    }
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

bool Program::reaches(const std::function<bool()>& condition, milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    while (!condition()) {
        if (Clock::now() >= deadline || ends_within(std::min(poll_interval, left_until(deadline)))) {
            return false;
        }
    }
    return true;
}

Ended Program::wait(milliseconds timeout) {
    if (!ends_within(timeout)) {
        throw std::runtime_error("still runs after " + std::to_string(timeout.count()) + " ms; it said:\n" + out() +
                                 error());
    }
    return {.exit_code = *exit_code_, .out = out(), .error = error()};
}

std::string Program::out() const {
    return content(out_);
}

std::string Program::error() const {
    return content(error_);
}

Ended run(const Command& command, milliseconds timeout) {
    return Program(command).wait(timeout);
}

}  // namespace twinfleet::testing
