#include "platform/metrics/process_metrics.hpp"

#include <chrono>
#include <ctime>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace twinfleet::metrics {
namespace {

/// NaN, which equals nothing, when there is none.
double value_of(const Registry& registry, const std::string& name) {
    const std::string text = "\n" + registry.text();
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? std::stod("nan") : std::stod(text.substr(at + 1 + name.size()));
}

TEST(ProcessMetrics, TellMemoryFilesAndTheStart) {
    Registry registry;
    add_process_metrics(registry);

    EXPECT_GT(value_of(registry, "process_resident_memory_bytes"), 1e5);
    EXPECT_GT(value_of(registry, "process_virtual_memory_bytes"), value_of(registry, "process_resident_memory_bytes"));
    const double open = value_of(registry, "process_open_fds");
    const std::ifstream one_more("/proc/self/stat");
    EXPECT_EQ(value_of(registry, "process_open_fds"), open + 1);
    EXPECT_GT(value_of(registry, "process_max_fds"), open);
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    EXPECT_LT(value_of(registry, "process_start_time_seconds"), now + 2);
    EXPECT_GT(value_of(registry, "process_start_time_seconds"), now - 3'600);
}

TEST(ProcessMetrics, CountTheCpuTimeOnce) {
    Registry registry;
    add_process_metrics(registry);
    const double before = value_of(registry, "process_cpu_seconds_total");
    const std::clock_t began = std::clock();
    while (std::clock() - began < CLOCKS_PER_SEC / 20) {
    }
    const double after = value_of(registry, "process_cpu_seconds_total");
    EXPECT_GE(after, before + 0.04);
    const double used = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    EXPECT_LE(after, used + 0.02);
    EXPECT_LE(value_of(registry, "process_cpu_seconds_total"), used + 0.05);
}

}  // namespace
}  // namespace twinfleet::metrics
