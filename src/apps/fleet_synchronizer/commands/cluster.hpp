#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"
#include "capabilities/mirroring/source/source_guard.hpp"
#include "capabilities/mirroring/stores/retry.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does `cluster show`: prints on stdout how MongoDB and PostgreSQL go together, the marker of each, and of some linked
/// children how many exist. Returns needs_attention when the jobs would not run.
[[nodiscard]] process::ExitCode show_cluster(const ShowCluster& options, mirroring::SourceGuard& source,
                                             const mirroring::Retry& retry, Console& console);

/// Does `cluster adopt`: prints the new marker on stdout. Changes nothing and returns needs_attention, with the reason
/// on stderr, when the cluster does not have the linked children.
[[nodiscard]] process::ExitCode adopt_cluster(const AdoptCluster& options, mirroring::SourceGuard& source,
                                              const mirroring::Retry& retry, Console& console);

}  // namespace twinfleet::fleet_synchronizer
