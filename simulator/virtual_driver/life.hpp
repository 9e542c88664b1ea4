#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "simulator/accounts/account.hpp"
#include "simulator/app.hpp"
#include "simulator/random.hpp"
#include "simulator/simulated_time.hpp"
#include "simulator/virtual_driver/pair.hpp"

namespace twinfleet::simulator {

/// How all drivers of a run live.
struct LifeSettings {
    SimulatedTime time;

    // In simulated time; `batch_size` positions are sent at once.
    std::chrono::milliseconds position_interval{2'000};
    std::size_t batch_size = 10;
    std::chrono::milliseconds status_interval{180'000};
    /// How often a life reads back its status, and how often its track.
    std::chrono::milliseconds check_interval{60'000};

    // Shares of all batches, from 0 to 1.
    double shuffled_share = 0.1;
    double repeated_share = 0.05;
    double bad_share = 0.05;
    // Shares of all lives, from 0 to 1.
    /// Lives that log out, or take a new phone, once in the run.
    double log_out_share = 0.1;
    double wrong_code_share = 0.02;
    /// Lives that ask for the profile all the time from the log-in on, and not only from the promised time on.
    double watching_share = 0.1;

    /// How long, in real time, a life waits for its code.
    std::chrono::seconds code_timeout{30};
    /// How many codes a driver asks for in the run; no more are sent to a phone in an hour (contract, section 4).
    unsigned codes_max = 5;
};

/// One driver in one app. What it refers to must outlive it.
struct Life {
    const LifeSettings& settings;
    const App& app;
    Side side;
    const Account& account;
    Pair& pair;
    /// Tells a person whose life it is: `driver 12, vezet`.
    std::string name;
    Random random;
};

}  // namespace twinfleet::simulator
