#pragma once

#include <string>

namespace twinfleet::simulator {

/// Whom a virtual driver stands for.
struct Account {
    /// E.164; nobody else's among the accounts of a run.
    std::string phone;
    /// The main park in which he works.
    std::string park_id;
};

}  // namespace twinfleet::simulator
