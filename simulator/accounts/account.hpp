#pragma once

#include <string>

namespace twinfleet::simulator {

/// The driver of the fleet as whom a virtual driver logs in.
struct Account {
    /// In E.164. No other account of a run has it.
    std::string phone;
    /// The parent park in which he works.
    std::string park_id;
};

}  // namespace twinfleet::simulator
