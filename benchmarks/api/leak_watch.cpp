#include "benchmarks/api/leak_watch.hpp"

#include <algorithm>
#include <deque>
#include <span>
#include <string>
#include <thread>
#include <utility>

namespace twinfleet::benchmarks {
namespace {

constexpr std::chrono::seconds sample_interval{10};
constexpr double memory_growth_share_max = 0.02;
constexpr double descriptor_growth_max = 2;

/// Of the least-squares line, per second.
double slope(std::span<const HoldingsSample> samples, double HoldingsSample::*figure) {
    double mean_time = 0;
    double mean_value = 0;
    for (const HoldingsSample& sample : samples) {
        mean_time += sample.seconds / static_cast<double>(samples.size());
        mean_value += sample.*figure / static_cast<double>(samples.size());
    }
    double covariance = 0;
    double variance = 0;
    for (const HoldingsSample& sample : samples) {
        covariance += (sample.seconds - mean_time) * (sample.*figure - mean_value);
        variance += (sample.seconds - mean_time) * (sample.seconds - mean_time);
    }
    return variance > 0 ? covariance / variance : 0;
}

}  // namespace

LeakFigures leak_figures(std::vector<HoldingsSample> samples) {
    LeakFigures figures;
    figures.samples = std::move(samples);
    const auto second_half = std::span(figures.samples).subspan(figures.samples.size() / 2);
    if (second_half.empty()) {
        return figures;
    }
    const double seconds = second_half.back().seconds - second_half.front().seconds;
    const double memory_slope = slope(second_half, &HoldingsSample::resident_mib);
    const double descriptor_slope = slope(second_half, &HoldingsSample::descriptors);
    figures.resident_kib_per_minute = memory_slope * 1024 * 60;
    figures.descriptors_per_minute = descriptor_slope * 60;
    figures.has_leak = memory_slope * seconds > memory_growth_share_max * second_half.front().resident_mib ||
                       descriptor_slope * seconds > descriptor_growth_max;
    return figures;
}

double pooled_connections(std::string_view metrics) {
    constexpr std::string_view name = "store_pool_connections{state=\"open\",";
    double sum = 0;
    while (!metrics.empty()) {
        const std::string_view line = metrics.substr(0, metrics.find('\n'));
        metrics.remove_prefix(std::min(line.size() + 1, metrics.size()));
        if (line.starts_with(name)) {
            sum += std::stod(std::string(line.substr(line.rfind(' ') + 1)));
        }
    }
    return sum;
}

std::vector<LeakFigures> watch_for_leaks(const std::vector<const Service*>& services, std::chrono::seconds duration) {
    std::vector<std::vector<HoldingsSample>> samples(services.size());
    std::deque<http::Client> monitors;
    for (const Service* service : services) {
        monitors.emplace_back(http::ClientSettings{.base_url = service->monitor_url, .peer_name = "the monitor port"});
    }
    const auto began_at = std::chrono::steady_clock::now();
    for (auto due_at = began_at; due_at <= began_at + duration; due_at += sample_interval) {
        std::this_thread::sleep_until(due_at);
        for (std::size_t i = 0; i < services.size(); ++i) {
            const BackgroundProgram& program = *services[i]->program;
            program.assert_running();
            const double pooled = pooled_connections(monitors[i].request("GET", "/metrics").body);
            samples[i].push_back(
                {.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_at).count(),
                 .resident_mib = program.resident_mib(),
                 .descriptors = static_cast<double>(program.open_descriptors()) - pooled,
                 .pooled_connections = pooled});
        }
    }
    std::vector<LeakFigures> figures;
    figures.reserve(samples.size());
    for (auto& own : samples) {
        figures.push_back(leak_figures(std::move(own)));
    }
    return figures;
}

}  // namespace twinfleet::benchmarks
