#pragma once

namespace twinfleet::process {

/// How a program ends (contract, section 3).
enum class ExitCode : int {
    done = 0,
    /// Done, but something is left for a person to look at.
    needs_attention = 1,
    wrong_usage = 2,
    /// A store was away for longer than `--timeout`, or refuses to serve this program.
    store_unreachable = 3,
    /// Another process holds what the command needs for itself.
    lease_is_held = 4,
    /// A mistake in the program (EX_SOFTWARE of sysexits.h).
    internal_error = 70,
    /// By SIGINT or SIGTERM.
    interrupted = 130,
};

}  // namespace twinfleet::process
