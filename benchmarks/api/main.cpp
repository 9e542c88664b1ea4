// What the APIs of fleet-synchronizer, access-control and driver-protocol bear, beside a bare Beast server in the same
// run. The stores of TWINFLEET_TEST_MONGO_URI, TWINFLEET_TEST_POSTGRES_DSN and TWINFLEET_TEST_REDIS_URI are emptied.
#include <chrono>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "benchmarks/api/child_creation.hpp"
#include "benchmarks/api/fleet.hpp"
#include "benchmarks/api/installation.hpp"
#include "benchmarks/api/link_reads.hpp"
#include "benchmarks/api/logins.hpp"
#include "benchmarks/api/mixed_load.hpp"
#include "benchmarks/api/plain_server.hpp"
#include "benchmarks/api/report.hpp"
#include "benchmarks/api/users_job.hpp"

namespace twinfleet::benchmarks {
namespace {

struct Options {
    sample_fleets::SyntheticFleet fleet{.parks = 100, .cars = 12'500, .drivers = 12'500, .unique_drivers = 1'250};
    double mirrored_share = 0.8;
    LinkReadsOptions link_reads;
    int creation_seconds = 20;
    int login_seconds = 40;
    std::uint32_t users_parks = 500;
    double leak_minutes = 0;
};

/// Mirrors everything but the drivers and cars of some parks, whose children are made on demand.
void mirror(const Installation& installation, const Fleet& fleet) {
    installation.run_jobs({"parks", "work_rules", "--full"});
    std::vector<std::string> arguments{"cars", "drivers", "--full", "--create-missing"};
    for (const std::string& park : fleet.mirrored_parks) {
        arguments.insert(arguments.end(), {"--park", park});
    }
    installation.run_jobs(arguments);
}

void run(const Options& options) {
    const Installation installation;
    Report report;
    {
        std::cerr << "loading and mirroring\n";
        Fleet fleet = describe_fleet(options.fleet, options.mirrored_share);
        installation.reset(options.fleet);
        mirror(installation, fleet);
        const Service access_control = installation.serve_access_control(true);
        const Service synchronizer = installation.serve_synchronizer();
        std::cerr << "measuring\n";
        measure_link_reads(installation, synchronizer, fleet, options.link_reads, report);
        {
            const Service driver_protocol = installation.serve_driver_protocol();
            measure_logins(driver_protocol, installation, fleet, options.login_seconds, report);
        }
        measure_child_creation(synchronizer, fleet, options.creation_seconds, report);
        if (options.leak_minutes > 0) {
            const auto duration = std::chrono::duration_cast<std::chrono::seconds>(
                std::chrono::duration<double, std::ratio<60>>(options.leak_minutes));
            measure_leaks(synchronizer, access_control, fleet, duration, report);
        }
        synchronizer.program->assert_running();
        access_control.program->assert_running();
    }
    if (options.users_parks > 0) {
        std::cerr << "the users job\n";
        measure_users_job(installation, options.users_parks, report);
    }
    std::cout << '\n'
              << options.fleet.parks << " parks, " << options.fleet.cars << " cars, " << options.fleet.drivers
              << " drivers, of whom the first " << whole(100 * options.mirrored_share)
              << " % of the parks have theirs mirrored\n"
              << std::flush;
    report.print();
}

std::string content(const std::string& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace
}  // namespace twinfleet::benchmarks

int main(int argc, char** argv) {
    using namespace twinfleet::benchmarks;
    Options options;
    std::vector<std::string> plain_server;
    CLI::App app{"The APIs beside a bare Beast server"};
    app.add_option("--parks", options.fleet.parks)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--cars", options.fleet.cars)->capture_default_str();
    app.add_option("--drivers", options.fleet.drivers)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--unique-drivers", options.fleet.unique_drivers,
                   "So many drivers have a record in dbtaxi.unique_drivers")
        ->capture_default_str();
    app.add_option("--mirrored-share", options.mirrored_share,
                   "Of the parks, whose drivers are mirrored beforehand; the others' are made through the API")
        ->check(CLI::Range(0.01, 0.99))
        ->capture_default_str();
    app.add_option("--rounds", options.link_reads.rounds, "Runs of wrk, of which the median counts")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--wrk-seconds", options.link_reads.wrk_seconds)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--open-loop-seconds", options.link_reads.open_loop_seconds)
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--creation-seconds", options.creation_seconds)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--login-seconds", options.login_seconds)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--users-parks", options.users_parks, "Parks of the users job; 0 leaves it out")
        ->capture_default_str();
    app.add_option("--leak-minutes", options.leak_minutes, "Mixed load for so long; 0 leaves it out")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_option("--plain-server", plain_server,
                   "Only the bare server: its port, and files with what GET and other methods are answered with")
        ->expected(3);
    CLI11_PARSE(app, argc, argv);
    try {
        if (plain_server.empty()) {
            run(options);
        } else {
            serve_plainly(static_cast<std::uint16_t>(std::stoul(plain_server[0])), content(plain_server[1]),
                          content(plain_server[2]));
        }
        return 0;
    } catch (const std::exception& failure) {
        std::cerr << "bench_api: " << failure.what() << '\n';
        return 1;
    }
}
