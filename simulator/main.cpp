#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "platform/clock/clock.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/mongo/client.hpp"
#include "platform/process/signals.hpp"
#include "platform/service/stores/wait_for_stores.hpp"
#include "simulator/accounts/drivers_mongo.hpp"
#include "simulator/measurements/report.hpp"
#include "simulator/options.hpp"
#include "simulator/simulation.hpp"
#include "simulator/tracks/recorded_tracks.hpp"

namespace {

using namespace twinfleet;
using namespace twinfleet::simulator;

void say(std::string_view line) {
    std::cerr << line << std::endl;
}

template <typename Duration>
Duration seconds(double count) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(count));
}

std::vector<Account> find_accounts(const Options& options, const platform::Clock& clock, const std::stop_token& stop) {
    mongo::Settings settings;
    settings.uri = options.mongo_uri;
    settings.application_name = "driver-simulator";
    settings.connections_max = 2;
    const mongo::Pool pool(settings);
    service::wait_for_stores({[&pool] { pool.ping(); }}, options.timeout, clock, say, stop);
    if (stop.stop_requested()) {
        return {};
    }
    auto accounts = pick_drivers(pool, options.apps[1].family, options.drivers, options.seed);
    if (accounts.empty()) {
        throw std::invalid_argument(
            "no drivers to simulate: expected working ones with a phone, in parks that are mirrored");
    }
    if (accounts.size() < options.drivers) {
        say("there are only " + std::to_string(accounts.size()) + " drivers who can log in to both apps");
    }
    return accounts;
}

SimulationSettings simulation_settings(const Options& options) {
    return {.url = options.url,
            .outbox = options.outbox,
            .apps = options.apps,
            .duration = seconds<std::chrono::nanoseconds>(options.seconds),
            .speed_up = options.speed_up,
            .logins_per_second = options.logins_per_second,
            .connections = options.connections,
            .has_addresses = options.addresses_by_proxy_header,
            .seed = options.seed,
            .life = [options](const SimulatedTime& time) {
                return LifeSettings{
                    .time = time,
                    .position_interval = seconds<std::chrono::milliseconds>(options.position_interval_s),
                    .batch_size = options.batch_size,
                    .check_interval = seconds<std::chrono::milliseconds>(options.check_interval_s),
                    .log_out_share = options.log_out_share};
            }};
}

ExitCode run(const Options& options) {
    const process::StopSignals signals;
    const platform::SystemClock clock;
    std::vector<Recording> recordings;
    if (!options.tracks.empty()) {
        recordings = read_recordings(options.tracks);
    }
    const TrackSource tracks = [&](std::uint64_t number) {
        const Random random(options.seed, ~number);
        return recordings.empty() ? wander(options.grid, random)
                                  : drive_along(recordings[number % recordings.size()], random);
    };
    const auto accounts = find_accounts(options, clock, signals.token());
    // The limit of the contract; the service may have another.
    if (accounts.size() > 50 && !options.addresses_by_proxy_header) {
        say("all logins come from one address, of which a service usually takes 100 in 10 minutes: see --help");
    }
    const auto result = simulate(simulation_settings(options), accounts, tracks, clock, signals.token(), say);
    std::cout << (options.is_json ? report_json(result, options.goals) + "\n" : report_text(result, options.goals))
              << std::flush;
    return shortcomings(result, options.goals).empty() ? all_is_well : goals_not_reached;
}

}  // namespace

int main(int argument_count, char** arguments) {
    try {
        const auto options = read_options(argument_count, arguments, std::cout, std::cerr);
        if (const auto* code = std::get_if<ExitCode>(&options)) {
            return *code;
        }
        return run(std::get<Options>(options));
    } catch (const std::invalid_argument& error) {
        std::cerr << "driver-simulator: " << error.what() << '\n';
        return wrong_usage;
    } catch (const platform::StoreUnavailable& error) {
        std::cerr << "driver-simulator: " << error.what() << '\n';
        return service_unreachable;
    } catch (const std::exception& error) {
        std::cerr << "driver-simulator: " << error.what() << '\n';
        return goals_not_reached;
    }
}
