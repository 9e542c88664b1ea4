#include "benchmarks/mirroring/measurement.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <stdexcept>

#include "benchmarks/support/machine.hpp"

namespace twinfleet::benchmarks {
namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

}  // namespace

Figures measure(const Stores& stores, const std::vector<std::string>& command, const CountDocuments& count,
                const BackgroundProgram* beside) {
    stores.settle();
    const auto beside_seconds = [&] { return beside == nullptr ? 0 : beside->cpu_seconds(); };
    Figures figures;
    figures.mongo_cpu_seconds = -stores.mongo_cpu_seconds();
    figures.postgres_cpu_seconds = -stores.postgres_cpu_seconds();
    figures.beside_cpu_seconds = -beside_seconds();
    const MachineTime before = machine_time();
    const Usage usage = run_program(command);
    const MachineTime after = machine_time();
    figures.mongo_cpu_seconds += stores.mongo_cpu_seconds();
    figures.postgres_cpu_seconds += stores.postgres_cpu_seconds();
    figures.beside_cpu_seconds += beside_seconds();
    if (usage.exit_code != 0) {
        throw std::runtime_error(command.front() + " failed with exit code " + std::to_string(usage.exit_code));
    }
    figures.documents = count(usage.output);
    figures.wall_seconds = usage.wall_seconds;
    figures.own_cpu_seconds = usage.cpu_seconds;
    figures.peak_memory_mib = usage.peak_memory_mib;
    const double total = after.total_seconds - before.total_seconds;
    const double idle = after.idle_seconds - before.idle_seconds;
    const double known =
        figures.own_cpu_seconds + figures.mongo_cpu_seconds + figures.postgres_cpu_seconds + figures.beside_cpu_seconds;
    if (total > 0) {
        figures.idle_share = idle / total;
        figures.others_share = std::max(0.0, (total - idle - known) / total);
    }
    return figures;
}

void Results::keep(const Round& round) {
    for (const auto& [name, figures] : round) {
        if (!rows_.contains(name)) {
            order_.push_back(name);
        }
        rows_[name].push_back(figures);
    }
}

void Results::print(const std::vector<std::pair<std::string, std::string>>& ratios) const {
    std::printf(
        "| | documents/s | CPU us/document: own | MongoDB | PostgreSQL | beside | idle | duration s | peak MiB |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (const std::string& name : order_) {
        const auto& all = rows_.at(name);
        const auto middle = [&](const auto& figure) {
            std::vector<double> values;
            for (const Figures& figures : all) {
                values.push_back(std::invoke(figure, figures));
            }
            return median(std::move(values));
        };
        const auto us_of = [&](double Figures::*seconds) {
            return middle([&](const Figures& of) { return of.us_per_document(of.*seconds); });
        };
        std::printf("| %s | %.0f | %.1f | %.1f | %.1f | %.1f | %.0f %% | %.2f | %.0f |\n", name.c_str(),
                    middle(&Figures::documents_per_second), us_of(&Figures::own_cpu_seconds),
                    us_of(&Figures::mongo_cpu_seconds), us_of(&Figures::postgres_cpu_seconds),
                    us_of(&Figures::beside_cpu_seconds), 100 * middle(&Figures::idle_share),
                    middle(&Figures::wall_seconds), middle(&Figures::peak_memory_mib));
    }
    std::printf("\n");
    for (const auto& [first, second] : ratios) {
        std::vector<double> values;
        for (std::size_t i = 0; i < rows_.at(first).size(); ++i) {
            values.push_back(rows_.at(first)[i].documents_per_second() / rows_.at(second)[i].documents_per_second());
        }
        std::printf("%s / %s, documents/s, pair by pair: %.2f (%.2f to %.2f)\n", first.c_str(), second.c_str(),
                    median(values), *std::ranges::min_element(values), *std::ranges::max_element(values));
    }
    std::fflush(stdout);
}

std::string line_of(const Figures& figures) {
    std::array<char, 200> line{};
    std::snprintf(line.data(), line.size(),
                  "%.0f documents/s; CPU us/document %.1f own, %.1f MongoDB, %.1f PostgreSQL; %.0f %% idle, %.0f %% "
                  "others; %.2f s; %.0f MiB",
                  figures.documents_per_second(), figures.us_per_document(figures.own_cpu_seconds),
                  figures.us_per_document(figures.mongo_cpu_seconds),
                  figures.us_per_document(figures.postgres_cpu_seconds), 100 * figures.idle_share,
                  100 * figures.others_share, figures.wall_seconds, figures.peak_memory_mib);
    return line.data();
}

}  // namespace twinfleet::benchmarks
