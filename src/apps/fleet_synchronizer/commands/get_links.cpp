#include "apps/fleet_synchronizer/commands/get_links.hpp"

#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "capabilities/mirroring/policy/projection.hpp"

namespace twinfleet::fleet_synchronizer {

process::ExitCode get_links(const GetLinks& options, mirroring::LinkStore& links, Console& console) {
    mirroring::LinkAnswer answer{options.id, mirroring::LinkRole::unlinked, {}};
    // PostgreSQL refuses texts that no id can be.
    if (mirroring::is_usable_id(options.id)) {
        answer = mirroring::look_up_links(links, mirroring::entity(options.entity), std::span(&options.id, 1)).front();
    }
    console.print(options.json ? links_json(options.entity, answer) : links_text(options.entity, answer));
    return process::ExitCode::done;
}

}  // namespace twinfleet::fleet_synchronizer
