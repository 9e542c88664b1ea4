// The mirror beside a raw copy, on one synthetic fleet, in one run: first mirror of everything, full and incremental
// pass with nothing changed, and the delay of changes under `serve`. Stores come from TWINFLEET_TEST_MONGO_URI and
// TWINFLEET_TEST_POSTGRES_DSN and are emptied.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <unistd.h>

#include "apps/sample_fleets/generator/synthetic_fleet.hpp"
#include "apps/sample_fleets/store/fleet_loader_mongo.hpp"
#include "benchmarks/mirroring/latency.hpp"
#include "benchmarks/mirroring/raw_copy.hpp"
#include "benchmarks/support/child_process.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::benchmarks {
namespace {

/// `pass.overlap_ms` of the configuration that ships.
constexpr unsigned overlap_seconds = 10;

struct Options {
    sample_fleets::SyntheticFleet fleet;
    int rounds = 3;
    int changes_per_second = 200;
    int latency_seconds = 20;
    bool is_raw_copy = false;
};

struct Figures {
    double documents_per_second = 0;
    double cpu_us_per_document = 0;
    double cpu_seconds = 0;
    double wall_seconds = 0;
    double peak_memory_mib = 0;
};

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) {
        throw std::runtime_error(std::string(name) + " is not set: run ./dev bench mirroring");
    }
    return value;
}

std::string own_folder() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double percentile(const std::vector<double>& sorted, double share) {
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

class Benchmark {
public:
    explicit Benchmark(const Options& options)
        : options_(options),
          mongo_uri_(environment("TWINFLEET_TEST_MONGO_URI")),
          postgres_dsn_(environment("TWINFLEET_TEST_POSTGRES_DSN")),
          synchronizer_(own_folder() + "/fleet-synchronizer"),
          typed_configs_(std::filesystem::temp_directory_path() /
                         ("bench_mirroring_" + std::to_string(getpid()) + ".yaml")) {
        std::ofstream(typed_configs_) << "fleet_mirror_enabled:\n  default: {enabled: true}\n";
        setenv("FLEET_MONGO_URI", mongo_uri_.c_str(), 1);
        setenv("FLEET_POSTGRES_DSN", postgres_dsn_.c_str(), 1);
        setenv("FLEET_TYPED_CONFIGS", typed_configs_.c_str(), 1);
        setenv("FLEET_MONITOR_LISTEN", "127.0.0.1:0", 1);
    }
    ~Benchmark() { std::filesystem::remove(typed_configs_); }
    Benchmark(const Benchmark&) = delete;
    Benchmark& operator=(const Benchmark&) = delete;

    int run() {
        for (int round = 0; round < options_.rounds; ++round) {
            std::cerr << "round " << round + 1 << " of " << options_.rounds << ": loading\n";
            reset();
            load();
            std::cerr << "  raw copy\n";
            note("raw copy", raw_copy_figures());
            std::cerr << "  first mirror\n";
            note("first mirror", synchronizer_figures({"--full", "--create-missing"}, "created"));
            std::cerr << "  full pass\n";
            note("full pass, nothing changed", synchronizer_figures({"--full"}, "unchanged"));
            std::cerr << "  incremental pass\n";
            // Until the overlap window has passed, incremental passes read again what was just written.
            sleep(overlap_seconds + 1);
            static_cast<void>(synchronizer_figures({}, "read"));
            note("incremental pass, nothing changed", synchronizer_figures({}, "read"));
            std::cerr << "  verification\n";
            assert_in_step();
        }
        print();
        if (options_.latency_seconds > 0) {
            print_latency();
        }
        return 0;
    }

private:
    void reset() {
        const mongo::Pool pool({.uri = mongo_uri_});
        for (const auto collection : sample_fleets::collections) {
            const auto name = sample_fleets::name_of(collection);
            pool.collection(std::string(name.database), std::string(name.name)).drop();
        }
        postgres::Pool postgres({.dsn = postgres_dsn_});
        postgres.transact([](postgres::Transaction& transaction) {
            transaction.execute("DROP SCHEMA IF EXISTS fleet_sync CASCADE");
        });
        const Usage migrated = run_program({synchronizer_, "migrate"});
        if (migrated.exit_code != 0) {
            throw std::runtime_error("fleet-synchronizer migrate failed");
        }
    }

    void load() {
        const mongo::Pool pool({.uri = mongo_uri_});
        const sample_fleets::FleetStore store(pool);
        sample_fleets::FleetLoader loader(store);
        sample_fleets::generate_synthetic_fleet(
            options_.fleet,
            [&](sample_fleets::Collection collection, bson::View document) { loader.add(collection, document); });
        loader.finish();
    }

    Figures raw_copy_figures() {
        const Usage usage = run_program({std::filesystem::read_symlink("/proc/self/exe"), "--raw-copy"});
        if (usage.exit_code != 0) {
            throw std::runtime_error("the raw copy failed");
        }
        remove_raw_copy(mongo_uri_);
        std::istringstream output(usage.output);
        double documents = 0;
        double wall_seconds = 0;
        output >> documents >> wall_seconds;
        return {documents / wall_seconds, usage.cpu_seconds / documents * 1e6, usage.cpu_seconds, wall_seconds,
                usage.peak_memory_mib};
    }

    /// Time and documents are those that the jobs report; CPU and memory those of the whole process.
    Figures synchronizer_figures(std::vector<std::string> arguments, const char* counted) {
        std::vector<std::string> command{synchronizer_, "run", "all", "--json"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        const Usage usage = run_program(command);
        if (usage.exit_code != 0) {
            throw std::runtime_error("fleet-synchronizer run failed with exit code " + std::to_string(usage.exit_code));
        }
        double documents = 0;
        double duration_seconds = 0;
        double cpu_seconds = 0;
        std::istringstream lines(usage.output);
        for (std::string line; std::getline(lines, line);) {
            const auto job = boost::json::parse(line).as_object();
            documents += job.at(counted).to_number<double>();
            duration_seconds += job.at("duration_s").to_number<double>();
            cpu_seconds += job.at("cpu_s").to_number<double>();
            std::cerr << "      " << line << '\n';
        }
        return {documents / duration_seconds, usage.cpu_seconds / std::max(documents, 1.0) * 1e6, cpu_seconds,
                duration_seconds, usage.peak_memory_mib};
    }

    void assert_in_step() {
        const Usage usage = run_program({synchronizer_, "verify", "--json"});
        if (usage.exit_code != 0) {
            throw std::runtime_error("the children differ from their parents: " + usage.output);
        }
    }

    void note(const std::string& name, const Figures& figures) {
        if (!rows_.contains(name)) {
            order_.push_back(name);
        }
        rows_[name].push_back(figures);
        std::fprintf(stderr, "    %.0f documents/s, %.2f us CPU/document, %.3f s, %.3f s CPU, %.1f MiB\n",
                     figures.documents_per_second, figures.cpu_us_per_document, figures.wall_seconds,
                     figures.cpu_seconds, figures.peak_memory_mib);
    }

    double median_of(const std::string& name, double Figures::*figure) const {
        std::vector<double> values;
        for (const Figures& figures : rows_.at(name)) {
            values.push_back(figures.*figure);
        }
        return median(values);
    }

    void print() const {
        std::printf(
            "\n%u parks, %u rules, %u cars, %u drivers; medians of %d rounds, each: raw copy, then the mirror\n\n",
            options_.fleet.parks, options_.fleet.parks * options_.fleet.rules_per_park, options_.fleet.cars,
            options_.fleet.drivers, options_.rounds);
        std::printf(
            "| | documents/s | CPU us/document | duration s | CPU s | peak MiB |\n|---|---:|---:|---:|---:|---:|\n");
        for (const std::string& name : order_) {
            std::printf("| %s | %.0f | %.2f | %.3f | %.3f | %.1f |\n", name.c_str(),
                        median_of(name, &Figures::documents_per_second), median_of(name, &Figures::cpu_us_per_document),
                        median_of(name, &Figures::wall_seconds), median_of(name, &Figures::cpu_seconds),
                        median_of(name, &Figures::peak_memory_mib));
        }
        std::vector<double> ratios;
        std::vector<double> cpu_ratios;
        for (std::size_t i = 0; i < rows_.at("raw copy").size(); ++i) {
            const Figures& raw = rows_.at("raw copy")[i];
            const Figures& mirror = rows_.at("first mirror")[i];
            ratios.push_back(mirror.documents_per_second / raw.documents_per_second);
            cpu_ratios.push_back(mirror.cpu_us_per_document / raw.cpu_us_per_document);
        }
        std::printf(
            "\nfirst mirror / raw copy, pair by pair: documents/s x %.2f (%.2f to %.2f), CPU per document x %.2f\n",
            median(ratios), *std::min_element(ratios.begin(), ratios.end()),
            *std::max_element(ratios.begin(), ratios.end()), median(cpu_ratios));
    }

    void print_latency() {
        BackgroundProgram serve({synchronizer_, "serve"});
        // The first passes read what the last edits left in the overlap window.
        sleep(3);
        serve.assert_running();
        const double cpu_before = serve.cpu_seconds();
        const auto delays =
            measure_delays(mongo_uri_, options_.changes_per_second, std::chrono::seconds(options_.latency_seconds));
        const double cpu_seconds = serve.cpu_seconds() - cpu_before;
        serve.assert_running();
        std::printf(
            "\n%d changes/s for %d s under `serve` with default settings: %zu changes visible in their children after\n"
            "p50 %.3f s, p90 %.3f s, p99 %.3f s, max %.3f s; %.1f %% of one core\n",
            options_.changes_per_second, options_.latency_seconds, delays.size(), percentile(delays, 0.50),
            percentile(delays, 0.90), percentile(delays, 0.99), delays.back(),
            100.0 * cpu_seconds / options_.latency_seconds);
    }

    const Options options_;
    const std::string mongo_uri_;
    const std::string postgres_dsn_;
    const std::string synchronizer_;
    const std::filesystem::path typed_configs_;
    std::vector<std::string> order_;
    std::map<std::string, std::vector<Figures>> rows_;
};

int print_raw_copy() {
    const auto started_at = std::chrono::steady_clock::now();
    const std::size_t documents = raw_copy(environment("TWINFLEET_TEST_MONGO_URI"));
    std::cout << documents << ' '
              << std::chrono::duration<double>(std::chrono::steady_clock::now() - started_at).count() << '\n';
    return 0;
}

}  // namespace
}  // namespace twinfleet::benchmarks

int main(int argc, char** argv) {
    using namespace twinfleet::benchmarks;
    Options options;
    CLI::App app{"The mirror beside a raw copy"};
    app.add_option("--parks", options.fleet.parks);
    app.add_option("--rules-per-park", options.fleet.rules_per_park);
    app.add_option("--cars", options.fleet.cars);
    app.add_option("--drivers", options.fleet.drivers);
    app.add_option("--unique-drivers", options.fleet.unique_drivers,
                   "So many drivers have a record in dbtaxi.unique_drivers");
    app.add_option("--rounds", options.rounds)->check(CLI::PositiveNumber);
    app.add_option("--changes-per-second", options.changes_per_second)->check(CLI::PositiveNumber);
    app.add_option("--latency-seconds", options.latency_seconds, "0 leaves this part out");
    app.add_flag("--raw-copy", options.is_raw_copy, "Only the raw copy; prints documents and seconds");
    CLI11_PARSE(app, argc, argv);
    try {
        return options.is_raw_copy ? print_raw_copy() : Benchmark(options).run();
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
