#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does `quarantine list`: prints every entry that was asked for on stdout.
[[nodiscard]] process::ExitCode list_quarantine(const ListQuarantine& options, mirroring::QuarantineStore& quarantine,
                                                Console& console);

/// Does `quarantine retry`: tries to mirror the parents of these entries again, the entries of each job under the lease
/// of that job. Returns needs_attention when some of them are still in quarantine afterwards.
[[nodiscard]] process::ExitCode retry_quarantine(const RetryQuarantine& options, const JobContext& context);

/// Does `quarantine drop`: removes these entries and prints on stdout how many there were. Ids that are not in
/// quarantine are no error.
[[nodiscard]] process::ExitCode drop_quarantine(const DropQuarantine& options, mirroring::QuarantineStore& quarantine,
                                                Console& console);

}  // namespace twinfleet::fleet_synchronizer
