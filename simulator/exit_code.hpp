#pragma once

namespace twinfleet::simulator {

enum ExitCode : int { all_is_well = 0, goals_not_reached = 1, wrong_usage = 2, service_unreachable = 3 };

}  // namespace twinfleet::simulator
