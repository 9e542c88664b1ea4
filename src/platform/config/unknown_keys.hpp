#pragma once

#include <vector>

#include "platform/config/error.hpp"
#include "platform/config/reader_state.hpp"

namespace twinfleet::config::detail {

/// One problem for every key of the file that was not asked for, with the key that may have been meant. Keys below a
/// place that was never looked into are not unknown.
[[nodiscard]] std::vector<Problem> unknown_keys(const State& state);

}  // namespace twinfleet::config::detail
