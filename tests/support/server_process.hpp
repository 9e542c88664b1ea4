#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace twinfleet::testing {

/// A server of a test's own, for what would disturb others: stopping, killing, pausing. Runs as a child process on a
/// free loopback port, with a temporary folder; both end with the object, the process also with the thread that
/// started it.
class ServerProcess {
public:
    struct Command {
        /// For errors.
        std::string name;
        /// The program and its arguments.
        std::function<std::vector<std::string>(std::uint16_t port, const std::filesystem::path& folder)> words;
        /// What it says on standard output once it listens, and how long that may take.
        std::string_view ready_text;
        std::chrono::seconds start_timeout;
    };

    /// Starts the server and waits until it listens.
    explicit ServerProcess(Command command);
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Asks it to end and waits for that. Without effect when it does not run; the same for kill().
    void stop();
    /// SIGKILL: connections break, nothing is written any more.
    void kill();
    /// Stops it if it runs, and starts it on the same port.
    void restart();
    /// Connections stay open, nobody answers.
    void pause();
    void resume();

private:
    /// False when it ended before it listened: the port was taken in the meantime, say.
    [[nodiscard]] bool start();
    void end(int signal);

    const Command command_;
    const std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    pid_t process_ = 0;
};

}  // namespace twinfleet::testing
