#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/mirroring/stores.hpp"
#include "benchmarks/support/child_process.hpp"

namespace twinfleet::benchmarks {

/// What one run did and used. CPU is that of whole processes, as the kernel counts it; a duration is that of the whole
/// program, its start included.
struct Figures {
    double documents = 0;
    double wall_seconds = 0;
    double own_cpu_seconds = 0;
    double mongo_cpu_seconds = 0;
    double postgres_cpu_seconds = 0;
    /// Of what runs beside on purpose.
    double beside_cpu_seconds = 0;
    /// Shares of all processors of the machine: idle, and used by others than the above.
    double idle_share = 0;
    double others_share = 0;
    double peak_memory_mib = 0;

    [[nodiscard]] double documents_per_second() const { return documents / wall_seconds; }
    [[nodiscard]] double us_per_document(double seconds) const { return documents > 0 ? seconds / documents * 1e6 : 0; }
};

/// A run and how many documents it has dealt with, from what it has printed.
using CountDocuments = std::function<double(const std::string& output)>;

/// Runs a program on settled stores and measures it. `beside`, if not nullptr, runs meanwhile. Throws
/// std::runtime_error when the program fails.
[[nodiscard]] Figures measure(const Stores& stores, const std::vector<std::string>& command,
                              const CountDocuments& count, const BackgroundProgram* beside);

/// The figures of all runs of one fleet, by name of what was run, in rounds.
class Results {
public:
    /// The figures of one round; all of it is kept or none.
    using Round = std::vector<std::pair<std::string, Figures>>;
    void keep(const Round& round);
    /// Prints medians, and the ratios of `ratios` (first to second) pair by pair, in Markdown.
    void print(const std::vector<std::pair<std::string, std::string>>& ratios) const;
    [[nodiscard]] bool has(const std::string& name) const { return rows_.contains(name); }

private:
    std::vector<std::string> order_;
    std::map<std::string, std::vector<Figures>> rows_;
};

/// The line that tells of one run while the benchmark goes on.
[[nodiscard]] std::string line_of(const Figures& figures);

}  // namespace twinfleet::benchmarks
