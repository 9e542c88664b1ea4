#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"

namespace twinfleet::fleet_synchronizer {

/// `links get`: the role of an id and its links on stdout. An id that nobody linked is no error.
[[nodiscard]] process::ExitCode get_links(const GetLinks& options, mirroring::LinkStore& links, Console& console);

}  // namespace twinfleet::fleet_synchronizer
