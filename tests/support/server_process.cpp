#include "tests/support/server_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/loopback_port.hpp"
#include "tests/support/system_error.hpp"

namespace twinfleet::testing {
namespace {

std::filesystem::path make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "twinfleet-server-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw_system_error("mkdtemp");
    }
    return name;
}

/// The end of a pipe.
class PipeEnd {
public:
    explicit PipeEnd(int descriptor) noexcept : descriptor_(descriptor) {}
    PipeEnd(const PipeEnd&) = delete;
    PipeEnd& operator=(const PipeEnd&) = delete;
    ~PipeEnd() { close(); }
    [[nodiscard]] int get() const noexcept { return descriptor_; }
    void close() noexcept {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
        descriptor_ = -1;
    }

private:
    int descriptor_;
};

/// True once the server has said that it is ready, false when it ended without it.
bool comes_up(int output, const ServerProcess::Command& command) {
    const auto deadline = std::chrono::steady_clock::now() + command.start_timeout;
    std::string read_so_far;
    std::array<char, 1024> buffer{};
    while (read_so_far.find(command.ready_text) == std::string::npos) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd readable{.fd = output, .events = POLLIN, .revents = 0};
        if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) == 0) {
            throw std::runtime_error(command.name + " does not come up");
        }
        const auto size = ::read(output, buffer.data(), buffer.size());
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

}  // namespace

ServerProcess::ServerProcess(Command command) : command_(std::move(command)), folder_(make_folder()) {
    try {
        // Somebody else may take the port before the server does.
        constexpr int attempts = 5;
        for (int attempt = 0; attempt < attempts; ++attempt) {
            port_ = free_loopback_port();
            if (start()) {
                return;
            }
        }
        throw std::runtime_error(command_.name + " ends at once; is it installed?");
    } catch (...) {
        std::filesystem::remove_all(folder_);
        throw;
    }
}

ServerProcess::~ServerProcess() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

bool ServerProcess::start() {
    auto words = command_.words(port_, folder_);
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
    const PipeEnd from(ends[0]);
    PipeEnd to(ends[1]);
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
    bool is_up = false;
    try {
        is_up = comes_up(from.get(), command_);
    } catch (...) {
        end(SIGKILL);
        throw;
    }
    if (!is_up) {
        end(SIGKILL);
    }
    return is_up;
}

void ServerProcess::end(int signal) {
    if (process_ > 0) {
        // One that is paused would not notice.
        ::kill(process_, SIGCONT);
        ::kill(process_, signal);
        while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
        }
        process_ = 0;
    }
}

void ServerProcess::stop() {
    end(SIGTERM);
}

void ServerProcess::kill() {
    end(SIGKILL);
}

void ServerProcess::restart() {
    stop();
    if (!start()) {
        throw std::runtime_error(command_.name + " does not start again on its port");
    }
}

void ServerProcess::pause() {
    ::kill(process_, SIGSTOP);
    // Returns once every thread of it stands still.
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(process_), &info, WSTOPPED | WNOWAIT) < 0 && errno == EINTR) {
    }
}

void ServerProcess::resume() {
    ::kill(process_, SIGCONT);
}

}  // namespace twinfleet::testing
