#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace twinfleet::testing {

struct Command {
    /// Without a slash: looked up in PATH.
    std::filesystem::path program;
    std::vector<std::string> arguments;
    /// Beside what the test itself has; an empty value takes a variable away.
    std::map<std::string, std::string> environment;
};

/// How a program ended.
struct Ended {
    /// 128 + the signal's number when a signal ended it, as a shell has it.
    int exit_code = 0;
    std::string out;
    std::string error;
};

/// A child process whose output is captured; it ends with the object, and with the thread that started it.
class Program {
public:
    /// Throws std::system_error when no process can be made; a program that is not there ends with 127.
    explicit Program(const Command& command);
    Program(Program&& other) noexcept;
    Program& operator=(Program&&) = delete;
    /// SIGKILL when it still runs.
    ~Program();

    /// Without effect when it has ended.
    void signal(int number);
    /// Stops it (SIGSTOP) and returns once all of it stands still.
    void pause();
    void resume();

    [[nodiscard]] bool runs();
    /// False when it still runs after `timeout`.
    [[nodiscard]] bool ends_within(std::chrono::milliseconds timeout);
    /// Asks again and again, for what other processes do; false when it does not hold within `timeout`, or the program
    /// ends first.
    [[nodiscard]] bool reaches(const std::function<bool()>& condition, std::chrono::milliseconds timeout);
    /// Throws std::runtime_error, with what the program said, when it still runs after `timeout`.
    [[nodiscard]] Ended wait(std::chrono::milliseconds timeout = std::chrono::seconds(60));

    /// Said so far.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string error() const;
    [[nodiscard]] pid_t process_id() const noexcept { return process_; }

private:
    pid_t process_ = 0;
    int process_descriptor_ = -1;
    int out_ = -1;
    int error_ = -1;
    std::optional<int> exit_code_;
};

/// Starts a program and waits for its end.
[[nodiscard]] Ended run(const Command& command, std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace twinfleet::testing
