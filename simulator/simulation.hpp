#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock/clock.hpp"
#include "simulator/accounts/account.hpp"
#include "simulator/app.hpp"
#include "simulator/measurements/measurements.hpp"
#include "simulator/tracks/track.hpp"
#include "simulator/virtual_driver/life.hpp"

/// Drives invented drivers by the thousand through both apps at once, against a running driver-protocol, and checks
/// what comes back: above all that a driver's two lives, one in each app, are independent.
///
/// For each account (accounts/) simulate() runs two lives (virtual_driver/), which drive along tracks (tracks/).
/// schedule/ says whose turn it is, outbox/ brings the codes for logging in, and measurements/ collects and reports
/// what was found out. driver-protocol is known here by its API alone; only the accounts come from its database.
namespace twinfleet::simulator {

/// What a run does.
struct SimulationSettings {
    /// `http://host:port` of driver-protocol.
    std::string url;
    /// The file into which the service writes its text messages.
    std::filesystem::path outbox;
    Apps apps;
    /// Real time, logins included.
    std::chrono::nanoseconds duration{};
    /// Simulated seconds in a real one (SimulatedTime).
    double speed_up = 1;
    /// In both apps together, until everybody is in.
    double logins_per_second = 20;
    /// How many requests may be under way at a time, each on a thread of its own.
    std::size_t connections = 64;
    std::chrono::milliseconds request_timeout{10'000};
    /// The run ends early when nobody has logged in by then and requests have failed: it would find out nothing else.
    std::chrono::nanoseconds patience = std::chrono::seconds(10);
    /// Whether each driver has an address of his own, in `X-Forwarded-For`.
    bool has_addresses = false;
    std::uint64_t seed = 1;
    /// Makes the settings of all lives from the time of the run, which begins with simulate().
    std::function<LifeSettings(const SimulatedTime&)> life;
};

/// What a run has found out.
struct SimulationResult {
    Measurements measurements;
    std::size_t drivers = 0;
    std::chrono::duration<double> duration{};
    /// Batches of positions that were due and not sent when the run ended: the service was too slow for the load.
    std::uint64_t batches_behind = 0;
};

/// Takes a line for a person, now and then.
using Say = std::function<void(std::string_view line)>;

/// Lets the driver of each account live in both apps until `duration` has passed or a stop is requested. `tracks` is
/// asked for tracks 2n and 2n + 1 for the two apps of driver n.
///
/// The memory of a run does not grow with its duration: a driver has at most one request under way in each app, and
/// what he is late with is counted, not stored. Throws platform::StoreUnavailable when the service cannot be reached at
/// the start.
[[nodiscard]] SimulationResult simulate(const SimulationSettings& settings, const std::vector<Account>& accounts,
                                        const TrackSource& tracks, const platform::Clock& clock,
                                        const std::stop_token& stop, const Say& say);

}  // namespace twinfleet::simulator
