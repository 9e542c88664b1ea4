#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"
#include "capabilities/mirroring/stores/retry.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does `foreign-edits list`: prints every record that the options ask for on stdout, oldest first.
[[nodiscard]] process::ExitCode list_foreign_edits(const ListForeignEdits& options, mirroring::ForeignEditStore& store,
                                                   const mirroring::Retry& retry, Console& console);

}  // namespace twinfleet::fleet_synchronizer
