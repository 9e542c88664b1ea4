#include "simulator/options.hpp"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "platform/service/command_line/command_line.hpp"

namespace twinfleet::simulator {
namespace {

constexpr const char* description =
    R"(Drives invented drivers through both apps at once, against a running driver-protocol.

Each driver logs in to both apps by codes of the local outbox, chooses his park, waits for his profile for as long as
was promised, and from then on has a status and a track of his own in each app. Now and then each life reads back what
it sent, and a few log out or take a new phone: whatever comes back that was not sent in that app is a failed check.
Positions come out of order, twice, or bad on purpose, too, and exactly the bad ones are to be rejected.

Drivers are taken from MongoDB: working ones with a phone, in active parks that are mirrored into the family of the
second app. Nothing is written there but by the service itself. A driver's phone gets at most 5 codes an hour, so the
same drivers (--seed, --drivers) can be used twice in an hour.

The service lets an address start 100 logins in 10 minutes, those of earlier runs included. That of ./dev demo and
./dev up lets it start as many as it likes; for another, raise login.starts_per_address_max and its neighbours, or make
this machine one of its login.trusted_proxies and give --addresses-by-proxy-header.

With --speed-up X the drivers' clocks begin in the past, run X times as fast, and reach the real time at the end, as no
service takes positions of the future. They may not begin more than 23 hours ago.

A slow service shows as lateness: requests keep their times, and wait for one of --connections when all are in use. All
times in the report count from when a request was due. Give the service more connections than --connections.

SIGINT or SIGTERM end the run early; the report is of what was until then.

Exit codes: 0 all is well; 1 a check failed, fewer than 99 % of the promises were kept, or too many requests failed;
2 wrong usage, or no drivers; 3 the service or MongoDB cannot be reached.)";

constexpr double past_max_s = 23 * 3'600;

CLI::Option* add_app(CLI::App& command, const std::string& name, App& app, const std::string& which) {
    const auto take = [&app, name](const std::string& text) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size() ||
            text.find_first_of("\r\n") != std::string::npos) {
            throw CLI::ValidationError(name, "expected FAMILY=USER_AGENT");
        }
        app = {text.substr(0, equals), text.substr(equals + 1)};
    };
    return command.add_option_function<std::string>(name, take, which)
        ->type_name("FAMILY=USER_AGENT")
        ->default_str(app.family + "=" + app.user_agent);
}

void add_options(CLI::App& command, Options& options) {
    command.add_option("--url", options.url, "driver-protocol, as http://host:port")
        ->envname("FLEET_DRIVER_PROTOCOL_URL")
        ->required();
    command.add_option("--outbox", options.outbox, "File in which the service puts its text messages")
        ->envname("FLEET_SMS_OUTBOX")
        ->required();
    command.add_option("--mongo-uri", options.mongo_uri, "MongoDB of the fleet")
        ->envname("FLEET_MONGO_URI")
        ->required();
    command.add_option("--drivers", options.drivers, "How many, each in both apps")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
        ->capture_default_str();
    command.add_option("--seconds", options.seconds, "How long, logins included")
        ->check(CLI::Range(1.0, 86'400.0))
        ->capture_default_str();
    command.add_option("--speed-up", options.speed_up, "Simulated seconds in a real one")
        ->check(CLI::Range(1.0, 10'000.0))
        ->capture_default_str();
    command.add_option("--position-interval-s", options.position_interval_s, "Simulated, between positions")
        ->check(CLI::Range(0.1, 600.0))
        ->capture_default_str();
    command.add_option("--batch-size", options.batch_size, "Positions in a request")
        ->check(CLI::Range(std::size_t{1}, std::size_t{98}))
        ->capture_default_str();
    command
        .add_option("--check-interval-s", options.check_interval_s,
                    "Simulated, between two readings of a status, and of a track")
        ->check(CLI::Range(1.0, 86'400.0))
        ->capture_default_str();
    command
        .add_option("--log-out-share", options.log_out_share,
                    "Of the lives: log out, or take a new phone, once in the run")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command
        .add_option("--tracks", options.tracks,
                    "Folder of recorded tracks, *.txt of `latitude longitude occupied unix_time` (default: made ones)")
        ->check(CLI::ExistingDirectory);
    command.add_option("--latitude", options.grid.centre.latitude, "Centre of the city of made tracks")
        ->check(CLI::Range(-80.0, 80.0))
        ->capture_default_str();
    command.add_option("--longitude", options.grid.centre.longitude)
        ->check(CLI::Range(-179.0, 179.0))
        ->capture_default_str();
    command.add_option("--connections", options.connections, "Requests under way at a time")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'024}))
        ->capture_default_str();
    command.add_option("--logins-per-second", options.logins_per_second, "Until all are in, both apps together")
        ->check(CLI::Range(0.01, 10'000.0))
        ->capture_default_str();
    command.add_flag("--addresses-by-proxy-header", options.addresses_by_proxy_header,
                     "Each driver has an address of his own (10.x.y.z) in X-Forwarded-For");
    add_app(command, "--first-app", options.apps[0], "The app of the main parks");
    add_app(command, "--second-app", options.apps[1], "The app of their children");
    command.add_option("--errors-max", options.goals.errors_max, "Share of requests that may fail")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command.add_option("--seed", options.seed, "The same seed makes the same drivers do the same")
        ->capture_default_str();
    service::add_timeout(command, options.timeout);
    command.add_flag("--json", options.is_json, "The report as one JSON object");
}

/// What does not follow from single options.
void check_together(const Options& options) {
    if (options.seconds * (options.speed_up - 1) > past_max_s) {
        throw CLI::ValidationError("--speed-up", "--seconds times --speed-up may not exceed 23 hours");
    }
}

}  // namespace

std::variant<Options, ExitCode> read_options(int argument_count, const char* const* arguments, std::ostream& out,
                                             std::ostream& error) {
    Options options;
    CLI::App command(description);
    add_options(command, options);
    try {
        command.parse(argument_count, arguments);
        check_together(options);
    } catch (const CLI::ParseError& problem) {
        return service::answer_parse_error(command, problem, out, error) ? all_is_well : wrong_usage;
    }
    return options;
}

}  // namespace twinfleet::simulator
