#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "platform/clock/clock.hpp"

namespace twinfleet::service {

/// Throws platform::StoreUnavailable while its store is away.
using Ping = std::function<void()>;

/// Takes a line for a person.
using Say = std::function<void(std::string_view line)>;

/// Asks each store again until it answers, and says every few seconds that it does not and for how long it will be
/// tried. Throws the last platform::StoreUnavailable once `timeout` has passed for all of them together; whatever else
/// a ping throws passes through. A stop ends the wait without a word.
void wait_for_stores(const std::vector<Ping>& pings, std::chrono::milliseconds timeout, const platform::Clock& clock,
                     const Say& say, const std::stop_token& stop);

}  // namespace twinfleet::service
