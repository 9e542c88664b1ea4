#include "platform/postgres/time.hpp"

#include <algorithm>

namespace twinfleet::postgres {
namespace {

constexpr std::int64_t microseconds_max = 9'000'000'000'000'000;

}  // namespace

std::int64_t microseconds(Time time) {
    return std::clamp<std::int64_t>(time.time_since_epoch().count(), -microseconds_max, microseconds_max);
}

}  // namespace twinfleet::postgres
