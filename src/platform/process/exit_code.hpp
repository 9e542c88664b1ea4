#pragma once

namespace twinfleet::process {

/// How a program ends (contract, section 3).
enum class ExitCode : int {
    done = 0,
    /// Done, but something is in quarantine, was held back, was refused or differs.
    needs_attention = 1,
    wrong_usage = 2,
    /// Away for longer than `--timeout`, or it refuses to serve us.
    store_unreachable = 3,
    lease_is_held = 4,
    /// A mistake in the program (EX_SOFTWARE of sysexits.h).
    internal_error = 70,
    interrupted = 130,
};

}  // namespace twinfleet::process
