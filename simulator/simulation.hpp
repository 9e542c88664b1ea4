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

namespace twinfleet::simulator {

struct SimulationSettings {
    /// `http://host:port` of driver-protocol.
    std::string url;
    std::filesystem::path outbox;
    Apps apps;
    std::chrono::nanoseconds duration{};
    double speed_up = 1;
    /// Of both apps together.
    double logins_per_second = 20;
    /// As many requests are under way at most, each on a thread of its own.
    std::size_t connections = 64;
    std::chrono::milliseconds request_timeout{10'000};
    /// The run ends when nobody has come in by then and logins were refused: it would find out nothing else.
    std::chrono::nanoseconds patience = std::chrono::seconds(10);
    /// Each driver has an address of his own in `X-Forwarded-For`.
    bool has_addresses = false;
    std::uint64_t seed = 1;
    /// All but the time.
    std::function<LifeSettings(const SimulatedTime&)> life;
};

struct SimulationResult {
    Measurements measurements;
    std::size_t drivers = 0;
    std::chrono::duration<double> duration{};
    /// Batches that were due and not sent at the end: the service was too slow for its load.
    std::uint64_t batches_behind = 0;
};

/// Takes a line for a person, from time to time.
using Say = std::function<void(std::string_view line)>;

/// Lets one driver live for each account until the time is over or a stop is asked for. `tracks` makes those of driver
/// n for the numbers 2n and 2n + 1.
///
/// Its memory does not grow with the time: a driver has at most one request under way in each app, and what he is late
/// with is counted, not stored. Throws platform::StoreUnavailable when the service cannot be reached at all.
[[nodiscard]] SimulationResult simulate(const SimulationSettings& settings, const std::vector<Account>& accounts,
                                        const TrackSource& tracks, const platform::Clock& clock,
                                        const std::stop_token& stop, const Say& say);

}  // namespace twinfleet::simulator
