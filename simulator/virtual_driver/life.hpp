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

/// How drivers live; the same for all of a run.
struct LifeSettings {
    SimulatedTime time;

    // Simulated.
    std::chrono::milliseconds position_interval{2'000};
    std::size_t batch_size = 10;
    std::chrono::milliseconds status_interval{180'000};
    std::chrono::milliseconds check_interval{60'000};

    // Of all batches.
    double shuffled_share = 0.1;
    double repeated_share = 0.05;
    double bad_share = 0.05;
    // Of all lives.
    double log_out_share = 0.1;
    double wrong_code_share = 0.02;
    /// These ask for the profile all the time from the promise on, not only when it is due.
    double watching_share = 0.1;

    /// Real.
    std::chrono::seconds code_timeout{30};
    /// No more than an hour allows for a phone (contract, section 4, driver-protocol).
    unsigned codes_max = 5;
};

/// One driver in one app. The references outlive the life.
struct Life {
    const LifeSettings& settings;
    const App& app;
    Side side;
    const Account& account;
    Pair& pair;
    /// For a person: `driver 12, vezet`.
    std::string name;
    Random random;
};

}  // namespace twinfleet::simulator
