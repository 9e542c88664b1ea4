#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "platform/clock/clock.hpp"

namespace twinfleet::service {

/// Asks one store; throws platform::StoreUnavailable while that store is away.
using Ping = std::function<void()>;

/// Takes a line for a person.
using Say = std::function<void(std::string_view line)>;

/// Asks each store until it answers. Says every few seconds which store does not answer and for how long it will still
/// be asked. Throws the last platform::StoreUnavailable once `timeout` has passed, which is for all stores together;
/// anything else that a ping throws passes through. A stop ends the wait without an error.
void wait_for_stores(const std::vector<Ping>& pings, std::chrono::milliseconds timeout, const platform::Clock& clock,
                     const Say& say, const std::stop_token& stop);

}  // namespace twinfleet::service
