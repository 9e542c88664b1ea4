#pragma once

namespace twinfleet::process {

/// How a program ends (contract, section 3).
enum class ExitCode : int {
    done = 0,
    /// Done, but something is in quarantine, was held back, was refused, or differs.
    needs_attention = 1,
    wrong_usage = 2,
    /// A store was away for longer than `--timeout`, or refuses to serve this program.
    store_unreachable = 3,
    /// Another process holds the lease of the job.
    lease_is_held = 4,
    /// A mistake in the program (EX_SOFTWARE of sysexits.h).
    internal_error = 70,
    /// By SIGINT or SIGTERM.
    interrupted = 130,
};

}  // namespace twinfleet::process
