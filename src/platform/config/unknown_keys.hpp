#pragma once

#include <vector>

#include "platform/config/error.hpp"
#include "platform/config/reader_state.hpp"

namespace twinfleet::config::detail {

/// A problem for every key of the file that nobody asked for, with the key that may have been meant. Below a key that
/// nobody looked into nothing is unknown.
[[nodiscard]] std::vector<Problem> unknown_keys(const State& state);

}  // namespace twinfleet::config::detail
