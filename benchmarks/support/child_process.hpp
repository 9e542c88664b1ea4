#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace twinfleet::benchmarks {

/// What a program used, as the kernel counted it.
struct Usage {
    double wall_seconds = 0;
    double cpu_seconds = 0;
    double peak_memory_mib = 0;
    int exit_code = 0;
    std::string output;
};

/// Runs a program to its end, with its stdout kept and its stderr passed through.
[[nodiscard]] Usage run_program(const std::vector<std::string>& command);

/// A program in the background; it is asked to end (SIGTERM), and waited for, with the object.
class BackgroundProgram {
public:
    /// What it says goes into `log`, where one is given.
    explicit BackgroundProgram(const std::vector<std::string>& command, const std::filesystem::path& log = {});
    ~BackgroundProgram();
    BackgroundProgram(const BackgroundProgram&) = delete;
    BackgroundProgram& operator=(const BackgroundProgram&) = delete;

    /// Throws when it has ended by itself.
    void assert_running() const;
    [[nodiscard]] double cpu_seconds() const;
    [[nodiscard]] double resident_mib() const;
    [[nodiscard]] std::size_t open_descriptors() const;

private:
    [[nodiscard]] std::filesystem::path proc(const char* name) const;

    pid_t process_;
};

}  // namespace twinfleet::benchmarks
