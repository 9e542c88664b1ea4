#pragma once

namespace twinfleet::simulator {

/// How the program ends. `goals_not_reached` also stands for an error that nobody has foreseen.
enum ExitCode : int { all_is_well = 0, goals_not_reached = 1, wrong_usage = 2, service_unreachable = 3 };

}  // namespace twinfleet::simulator
