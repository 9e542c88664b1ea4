#include "benchmarks/support/machine.hpp"

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace twinfleet::benchmarks {
namespace {

namespace fs = std::filesystem;

double seconds(double ticks) {
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// Of one process, from /proc/PID/stat.
struct ProcessTime {
    pid_t parent = 0;
    /// Its own, and that of those of its children that have ended and were waited for.
    double own_seconds = 0;
    double waited_for_seconds = 0;
};

/// All zero for a process that has ended.
ProcessTime time_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) {
        return {};
    }
    std::istringstream rest(text.substr(name_end + 2));
    std::string skipped;
    ProcessTime time;
    rest >> skipped >> time.parent;
    constexpr int fields_between_parent_and_utime = 9;
    for (int i = 0; i < fields_between_parent_and_utime; ++i) {
        rest >> skipped;
    }
    std::array<double, 4> ticks{};
    for (double& value : ticks) {
        rest >> value;
    }
    time.own_seconds = seconds(ticks[0] + ticks[1]);
    time.waited_for_seconds = seconds(ticks[2] + ticks[3]);
    return time;
}

std::vector<pid_t> all_processes() {
    std::vector<pid_t> processes;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        pid_t process = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), process);
        if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) {
            processes.push_back(process);
        }
    }
    return processes;
}

/// The sockets that listen on the port, as `/proc/PID/fd` names them.
std::set<std::string> sockets_on(std::uint16_t port) {
    constexpr std::string_view listening = "0A";  // TCP_LISTEN of the kernel
    std::set<std::string> sockets;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream file(table);
        std::string line;
        std::getline(file, line);
        while (std::getline(file, line)) {
            std::istringstream fields(line);
            std::string number;
            std::string local;
            std::string remote;
            std::string state;
            fields >> number >> local >> remote >> state;
            if (state != listening ||
                std::stoul(local.substr(local.rfind(':') + 1), nullptr, 16) != std::uint32_t{port}) {
                continue;
            }
            std::string skipped;
            constexpr int fields_between_state_and_inode = 5;
            for (int i = 0; i < fields_between_state_and_inode; ++i) {
                fields >> skipped;
            }
            std::string inode;
            fields >> inode;
            sockets.insert("socket:[" + inode + "]");
        }
    }
    return sockets;
}

}  // namespace

MachineTime machine_time() {
    std::ifstream file("/proc/stat");
    std::string name;
    file >> name;
    // user nice system idle iowait irq softirq steal
    std::array<double, 8> ticks{};
    double total = 0;
    for (double& value : ticks) {
        file >> value;
        total += value;
    }
    return {seconds(total), seconds(ticks[3] + ticks[4])};
}

double cpu_seconds_of_tree(pid_t root) {
    std::map<pid_t, ProcessTime> times;
    for (const pid_t process : all_processes()) {
        times.emplace(process, time_of(process));
    }
    double sum = 0;
    for (const auto& [process, time] : times) {
        pid_t ancestor = process;
        while (ancestor != root && ancestor > 1) {
            const auto found = times.find(ancestor);
            ancestor = found == times.end() ? 0 : found->second.parent;
        }
        sum += ancestor == root ? time.own_seconds + time.waited_for_seconds : 0;
    }
    return sum;
}

pid_t listener_on(std::uint16_t port) {
    const std::set<std::string> sockets = sockets_on(port);
    for (const pid_t process : all_processes()) {
        std::error_code hidden;
        for (fs::directory_iterator at("/proc/" + std::to_string(process) + "/fd", hidden), end; !hidden && at != end;
             at.increment(hidden)) {
            std::error_code closed;
            if (sockets.contains(fs::read_symlink(at->path(), closed).string())) {
                return process;
            }
        }
    }
    throw std::runtime_error("no process of this user listens on port " + std::to_string(port));
}

}  // namespace twinfleet::benchmarks
