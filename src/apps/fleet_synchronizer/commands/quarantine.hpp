#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// `quarantine list`: every entry on stdout.
[[nodiscard]] process::ExitCode list_quarantine(const ListQuarantine& options, mirroring::QuarantineStore& quarantine,
                                                Console& console);

/// `quarantine retry`: tries entries again, those of each job under its lease. needs_attention when some are still in.
[[nodiscard]] process::ExitCode retry_quarantine(const RetryQuarantine& options, const JobContext& context);

/// `quarantine drop`: how many went on stdout; ids that are not in quarantine are no error.
[[nodiscard]] process::ExitCode drop_quarantine(const DropQuarantine& options, mirroring::QuarantineStore& quarantine,
                                                Console& console);

}  // namespace twinfleet::fleet_synchronizer
