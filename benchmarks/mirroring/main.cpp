// The mirror beside what it can be compared with, on one fleet, in one run: the first mirror of everything, passes with
// nothing changed, and the delay of changes under `serve`. Stores come from TWINFLEET_TEST_MONGO_URI and
// TWINFLEET_TEST_POSTGRES_DSN and are emptied.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <unistd.h>

#include "benchmarks/mirroring/copies.hpp"
#include "benchmarks/mirroring/fleet.hpp"
#include "benchmarks/mirroring/latency.hpp"
#include "benchmarks/mirroring/measurement.hpp"
#include "benchmarks/mirroring/stores.hpp"
#include "platform/concurrency/backoff.hpp"

namespace twinfleet::benchmarks {
namespace {

/// `pass.overlap_ms` of the configuration that ships.
constexpr std::chrono::seconds shipped_overlap{10};
/// A round that others disturbed is repeated; so many are thrown away for each that is kept.
constexpr int disturbed_rounds_of_a_round_max = 3;

struct Options {
    std::vector<std::string> fleets{"all", "none", "samples"};
    std::uint32_t parks = 500;
    std::uint32_t drivers = 40'000;
    int rounds = 3;
    double others_percent_max = 10;
    std::vector<std::string> copies{"raw copy", "floor", "plain job"};
    std::string other_binary;
    bool has_driver_protocol = false;
    bool is_first_mirror_only = false;
    int changes_per_second = 200;
    int latency_seconds = 20;
    /// Of the process that makes a copy.
    std::string copy;
};

std::filesystem::path own_program() {
    return std::filesystem::read_symlink("/proc/self/exe");
}

double percentile(const std::vector<double>& sorted, double share) {
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

/// Of the lines that `run --json` prints, one for each job.
CountDocuments sum_of(const std::string& counted) {
    return [counted](const std::string& output) {
        double documents = 0;
        std::istringstream lines(output);
        for (std::string line; std::getline(lines, line);) {
            documents += boost::json::parse(line).as_object().at(counted).to_number<double>();
        }
        return documents;
    };
}

class Benchmark {
public:
    explicit Benchmark(const Options& options)
        : options_(options),
          folder_(std::filesystem::temp_directory_path() / ("bench_mirroring_" + std::to_string(getpid()))) {
        std::filesystem::create_directories(folder_);
        std::ofstream(folder_ / "typed_configs.yaml") << "fleet_mirror_enabled:\n  default: {enabled: true}\n";
        const auto set = [](const char* variable, const std::string& value) { setenv(variable, value.c_str(), 1); };
        set("FLEET_MONGO_URI", stores_.mongo_uri());
        set("FLEET_POSTGRES_DSN", stores_.postgres_dsn());
        set("FLEET_TYPED_CONFIGS", folder_ / "typed_configs.yaml");
        set("FLEET_MONITOR_LISTEN", "127.0.0.1:0");
        set("FLEET_LISTEN", "127.0.0.1:0");
        set("FLEET_DATA_DIR", folder_ / "driver-protocol");
        set("FLEET_SMS_OUTBOX", folder_ / "outbox.jsonl");
        set("FLEET_SERVICE_TOKEN", "token-of-the-benchmark");
        binaries_.emplace_back("", own_program().parent_path() / "fleet-synchronizer");
        if (!options.other_binary.empty()) {
            binaries_.emplace_back(" (other binary)", options.other_binary);
        }
    }
    ~Benchmark() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Benchmark(const Benchmark&) = delete;
    Benchmark& operator=(const Benchmark&) = delete;

    void run() {
        for (const std::string& name : options_.fleets) {
            measure_fleet(fleet_of(name, options_.parks, options_.drivers));
        }
        if (options_.latency_seconds > 0) {
            print_latency();
        }
    }

private:
    void measure_fleet(const Fleet& fleet) {
        Results results;
        int disturbed = 0;
        for (int kept = 0; kept < options_.rounds;) {
            std::cerr << fleet.name() << ", round " << kept + 1 << " of " << options_.rounds << '\n';
            const auto round = measure_round(fleet, kept + disturbed);
            const bool is_disturbed = std::ranges::any_of(
                round, [&](const auto& run) { return run.second.others_share * 100 > options_.others_percent_max; });
            if (is_disturbed) {
                std::cerr << "  thrown away: others took too much of the machine\n";
                if (++disturbed > disturbed_rounds_of_a_round_max * options_.rounds) {
                    throw std::runtime_error("others keep taking too much of the machine (--others-percent-max)");
                }
                continue;
            }
            results.keep(round);
            ++kept;
        }
        std::printf(
            "\n## %s\n\nmedians of %d rounds; %d more were thrown away, as others took over %.0f %% of the machine"
            "\n\n",
            fleet.name().c_str(), options_.rounds, disturbed, options_.others_percent_max);
        for (const Loaded& loaded : loaded_) {
            if (loaded.documents > 0) {
                std::printf("%s: %llu documents of %.0f bytes\n", loaded.collection.c_str(),
                            static_cast<unsigned long long>(loaded.documents),
                            static_cast<double>(loaded.bytes) / static_cast<double>(loaded.documents));
            }
        }
        std::printf("\n");
        print(results);
    }

    void print(const Results& results) const {
        std::vector<std::pair<std::string, std::string>> ratios;
        for (const auto& [suffix, program] : binaries_) {
            for (const std::string& copy : options_.copies) {
                ratios.emplace_back("first mirror" + suffix, copy);
            }
            if (!suffix.empty()) {
                for (const std::string& run : {"first mirror", "full pass, nothing changed"}) {
                    if (results.has(run)) {
                        ratios.emplace_back(run, run + suffix);
                    }
                }
            }
        }
        results.print(ratios);
    }

    Results::Round measure_round(const Fleet& fleet, int number) {
        Results::Round round;
        load(fleet);
        for (const std::string& name : options_.copies) {
            const CopyTarget target{stores_.mongo_uri(), stores_.postgres_dsn(), fleet.records};
            prepare_copies(target, copy_of(name));
            note(round, name,
                 measure(
                     stores_, {own_program(), "--make-copy", name, "--fleets", records_option(fleet)},
                     [](const std::string& output) { return std::stod(output); }, nullptr));
            remove_copies(target);
        }
        for (std::size_t i = 0; i < binaries_.size(); ++i) {
            if (i > 0) {
                load(fleet);
            }
            // Now the one first, now the other.
            const auto& [suffix, program] = binaries_[(i + static_cast<std::size_t>(number)) % binaries_.size()];
            measure_binary(round, program, suffix);
        }
        return round;
    }

    static std::string records_option(const Fleet& fleet) {
        return fleet.records == Records::all ? "all" : fleet.records == Records::none ? "none" : "samples";
    }

    void measure_binary(Results::Round& round, const std::string& program, const std::string& suffix) {
        std::unique_ptr<BackgroundProgram> beside;
        if (options_.has_driver_protocol) {
            setenv("FLEET_REDIS_URI", environment("TWINFLEET_TEST_REDIS_URI").c_str(), 1);
            beside = std::make_unique<BackgroundProgram>(
                std::vector<std::string>{own_program().parent_path() / "driver-protocol", "serve"},
                folder_ / "driver-protocol.log");
        }
        const auto jobs = [&](const std::string& name, const std::vector<std::string>& options,
                              const std::string& counted) {
            std::vector<std::string> command{program, "run", "all", "--json"};
            command.insert(command.end(), options.begin(), options.end());
            note(round, name + suffix, measure(stores_, command, sum_of(counted), beside.get()));
        };
        jobs("first mirror", {"--full", "--create-missing"}, "created");
        if (!options_.is_first_mirror_only) {
            jobs("full pass, nothing changed", {"--full"}, "unchanged");
            // Until the overlap has passed, incremental passes read again what was just written.
            static_cast<void>(platform::wait_for({}, shipped_overlap + std::chrono::seconds(1)));
            static_cast<void>(run_program({program, "run", "all", "--json"}));
            jobs("incremental pass, nothing changed", {}, "read");
        }
        if (beside) {
            beside->assert_running();
            beside.reset();
        }
        const Usage verified = run_program({program, "verify", "--json"});
        if (verified.exit_code != 0) {
            throw std::runtime_error("the children differ from their parents: " + verified.output);
        }
    }

    void load(const Fleet& fleet) {
        std::cerr << "  loading\n";
        const mongo::Pool pool({.uri = stores_.mongo_uri()});
        loaded_ = load_fleet(pool, fleet, std::filesystem::path(TWINFLEET_SOURCE_DIR) / "samples");
        stores_.drop_schema();
        if (run_program({binaries_.front().second, "migrate"}).exit_code != 0) {
            throw std::runtime_error("fleet-synchronizer migrate failed");
        }
    }

    static void note(Results::Round& round, const std::string& name, const Figures& figures) {
        std::cerr << "  " << name << ": " << line_of(figures) << '\n';
        round.emplace_back(name, figures);
    }

    void print_latency() {
        BackgroundProgram serve({binaries_.front().second, "serve"});
        // The first passes read what the last edits left in the overlap window.
        static_cast<void>(platform::wait_for({}, std::chrono::seconds(3)));
        serve.assert_running();
        const double cpu_before = serve.cpu_seconds();
        const auto delays = measure_delays(stores_.mongo_uri(), options_.changes_per_second,
                                           std::chrono::seconds(options_.latency_seconds));
        const double cpu_seconds = serve.cpu_seconds() - cpu_before;
        std::printf(
            "\n%d changes/s for %d s under serve: seen after p50 %.3f s, p90 %.3f s, p99 %.3f s, max %.3f s; "
            "%.1f %% of a core\n",
            options_.changes_per_second, options_.latency_seconds, percentile(delays, 0.5), percentile(delays, 0.9),
            percentile(delays, 0.99), delays.back(), 100 * cpu_seconds / options_.latency_seconds);
    }

    const Options options_;
    const std::filesystem::path folder_;
    const Stores stores_;
    /// What the names of its runs end with, and the program; ours first.
    std::vector<std::pair<std::string, std::string>> binaries_;
    std::vector<Loaded> loaded_;
};

int make_copy(const Options& options) {
    const CopyTarget target{environment("TWINFLEET_TEST_MONGO_URI"), environment("TWINFLEET_TEST_POSTGRES_DSN"),
                            fleet_of(options.fleets.front(), 1, 1).records};
    std::cout << run_copy(target, copy_of(options.copy)) << std::endl;
    return 0;
}

}  // namespace
}  // namespace twinfleet::benchmarks

int main(int argc, char** argv) {
    using namespace twinfleet::benchmarks;
    Options options;
    CLI::App app{
        "The mirror beside a raw copy, the floor (the same reads and writes, without policy) and a plain job.\n"
        "40,000 drivers take about a minute a round and fleet on 2 cores, 400,000 about ten."};
    app.option_defaults()->always_capture_default();
    app.add_option("--fleets", options.fleets, "Of these: all (every driver has a unique driver), none, samples");
    app.add_option("--parks", options.parks, "Of a synthetic fleet; each has two work rules");
    app.add_option("--drivers", options.drivers, "Of a synthetic fleet, and as many cars; 400000 is a large platform");
    app.add_option("--rounds", options.rounds, "Rounds of each fleet; medians are printed")->check(CLI::PositiveNumber);
    app.add_option("--others-percent-max", options.others_percent_max,
                   "A round in which others take more of the machine is thrown away and repeated");
    app.add_option("--copies", options.copies, "What the mirror is compared with: raw copy, floor, plain job")
        ->check(CLI::IsMember({"raw copy", "floor", "plain job"}));
    app.add_option("--other-binary", options.other_binary,
                   "A second fleet-synchronizer (an older build), measured in the same rounds");
    app.add_flag("--with-driver-protocol", options.has_driver_protocol,
                 "Runs driver-protocol beside the mirror; its caches read what is mirrored");
    app.add_flag("--first-mirror-only", options.is_first_mirror_only, "Leaves out the passes with nothing changed");
    app.add_option("--changes-per-second", options.changes_per_second, "Under serve, for the delay of changes")
        ->check(CLI::PositiveNumber);
    app.add_option("--latency-seconds", options.latency_seconds, "How long; 0 leaves this part out");
    app.add_option("--make-copy", options.copy)->group("");
    CLI11_PARSE(app, argc, argv);
    try {
        if (!options.copy.empty()) {
            return make_copy(options);
        }
        Benchmark(options).run();
        return 0;
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
