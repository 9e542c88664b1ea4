#include "platform/metrics/process_metrics.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace twinfleet::metrics {
namespace {

/// Of proc(5)'s /proc/self/stat, without the first two: the name may hold spaces and parentheses.
std::vector<std::string> stat_fields() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    std::vector<std::string> fields;
    const auto end_of_name = line.rfind(')');
    std::size_t at = end_of_name == std::string::npos ? line.size() : end_of_name + 1;
    while ((at = line.find_first_not_of(' ', at)) != std::string::npos) {
        const auto end = std::min(line.find(' ', at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = end;
    }
    return fields;
}

/// `number` as proc(5) counts the fields, from 1.
double stat_field(const std::vector<std::string>& fields, std::size_t number) {
    constexpr std::size_t left_out = 3;
    std::uint64_t value = 0;
    if (number - left_out < fields.size()) {
        const std::string& text = fields[number - left_out];
        std::from_chars(text.data(), text.data() + text.size(), value);
    }
    return static_cast<double>(value);
}

/// Seconds since 1970 at which the system was started. /proc/stat says so, too, but a sandboxed service may not see it.
double boot_time_seconds() {
    const auto seconds = [](clockid_t clock) {
        timespec time{};
        clock_gettime(clock, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    return seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
}

double open_files() {
    double count = 0;
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry("/proc/self/fd", ignored), end; entry != end;
         entry.increment(ignored)) {
        ++count;
    }
    return count;
}

double max_files() {
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void add_process_metrics(Registry& registry) {
    auto cpu = registry.counter("process_cpu_seconds_total", "CPU time used by the process, user and system");
    auto resident = registry.gauge("process_resident_memory_bytes", "Physical memory that the process has");
    auto virtual_size = registry.gauge("process_virtual_memory_bytes", "Address space that the process has");
    auto open = registry.gauge("process_open_fds", "Open file descriptors");
    auto max = registry.gauge("process_max_fds", "File descriptors that may be open");
    auto started = registry.gauge("process_start_time_seconds", "When the process was started, since 1970");

    // Numbers of the fields in proc(5).
    constexpr std::size_t start_time = 22;
    constexpr std::size_t virtual_bytes = 23;
    constexpr std::size_t resident_pages = 24;
    const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    // Once: it would move with every correction of the clock.
    started.set(boot_time_seconds() + stat_field(stat_fields(), start_time) / ticks_per_second);
    registry.before_text([=]() mutable {
        const auto fields = stat_fields();
        resident.set(stat_field(fields, resident_pages) * page_bytes);
        virtual_size.set(stat_field(fields, virtual_bytes));
        open.set(open_files());
        max.set(max_files());
        cpu.increment(std::max(0.0, cpu_seconds() - cpu.value()));
    });
}

}  // namespace twinfleet::metrics
