#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does `links get`: prints on stdout whether the id is that of a parent, of a child or of neither, and the links that
/// it has. An id without links is no error.
[[nodiscard]] process::ExitCode get_links(const GetLinks& options, mirroring::LinkStore& links, Console& console);

}  // namespace twinfleet::fleet_synchronizer
