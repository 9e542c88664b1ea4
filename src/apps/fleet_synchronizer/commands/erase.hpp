#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"
#include "capabilities/mirroring/erasure/driver_erasure.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// Erases a driver now, as far as that can be done, and prints what was removed where. Returns needs_attention when
/// something is in the way; `serve` goes on trying then, and so does this command when it is called again. Refuses an
/// id that no driver can have, and that of a child, whose parent it names: wrong_usage.
[[nodiscard]] process::ExitCode erase_driver(const EraseDriver& options, mirroring::DriverErasure& erasure,
                                             const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
