#include "benchmarks/api/leak_watch.hpp"

#include <span>
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

std::vector<LeakFigures> watch_for_leaks(const std::vector<const BackgroundProgram*>& programs,
                                         std::chrono::seconds duration) {
    std::vector<std::vector<HoldingsSample>> samples(programs.size());
    const auto began_at = std::chrono::steady_clock::now();
    for (auto due_at = began_at; due_at <= began_at + duration; due_at += sample_interval) {
        std::this_thread::sleep_until(due_at);
        for (std::size_t i = 0; i < programs.size(); ++i) {
            programs[i]->assert_running();
            samples[i].push_back(
                {.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_at).count(),
                 .resident_mib = programs[i]->resident_mib(),
                 .descriptors = static_cast<double>(programs[i]->open_descriptors())});
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
