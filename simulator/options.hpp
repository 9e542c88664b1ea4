#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <variant>

#include "simulator/app.hpp"
#include "simulator/exit_code.hpp"
#include "simulator/measurements/report.hpp"
#include "simulator/tracks/street_grid.hpp"

namespace twinfleet::simulator {

/// The options of the command line; --help says what each is for.
struct Options {
    std::string url;
    std::string mongo_uri;
    std::filesystem::path outbox;
    /// Empty: the tracks are invented ones, on `grid`.
    std::filesystem::path tracks;
    StreetGrid grid;
    Apps apps{App{"taximeter", "Taximeter 9.61"}, App{"vezet", "Taximeter-Vezet 9.61"}};
    std::size_t drivers = 100;
    double seconds = 60;
    double speed_up = 1;
    double position_interval_s = 2;
    std::size_t batch_size = 10;
    double check_interval_s = 60;
    double log_out_share = 0.1;
    std::size_t connections = 64;
    double logins_per_second = 20;
    bool addresses_by_proxy_header = false;
    std::uint64_t seed = 1;
    Goals goals;
    std::chrono::milliseconds timeout{30'000};
    bool is_json = false;
};

/// Reads the command line. The result is an exit code when the program is to end: help was asked for and is on `out`,
/// or something is wrong and `error` says what.
[[nodiscard]] std::variant<Options, ExitCode> read_options(int argument_count, const char* const* arguments,
                                                           std::ostream& out, std::ostream& error);

}  // namespace twinfleet::simulator
