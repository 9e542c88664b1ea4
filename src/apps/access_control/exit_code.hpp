#pragma once

namespace twinfleet::access_control_app {

/// How the program ends (contract, section 3).
enum class ExitCode : int {
    done = 0,
    wrong_usage = 2,
    /// Away for longer than `--timeout`, or it refuses to serve us.
    store_unreachable = 3,
    /// A mistake in the program (EX_SOFTWARE of sysexits.h).
    internal_error = 70,
    interrupted = 130,
};

}  // namespace twinfleet::access_control_app
