#include "platform/service/settings/clock_section.hpp"

namespace twinfleet::service {

void read_clock(Section section, ClockSettings& settings) {
    using std::chrono::milliseconds;
    section.read("measure_interval_ms", settings.measure_interval,
                 {.min = milliseconds(100), .max = std::chrono::seconds(600)});
    section.read("skew_max_ms", settings.skew_max, {.min = milliseconds(100), .max = std::chrono::hours(24)});
}

}  // namespace twinfleet::service
