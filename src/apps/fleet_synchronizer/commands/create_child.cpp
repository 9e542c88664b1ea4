#include "apps/fleet_synchronizer/commands/create_child.hpp"

#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "capabilities/mirroring/creation/create_child.hpp"

namespace twinfleet::fleet_synchronizer {

process::ExitCode create_child_driver(const CreateChildDriver& options, const JobContext& context) {
    RetryingStores stores(context);
    const domain::AppFamily family{options.family};
    const auto answer =
        mirroring::create_child_driver(stores.environment(), family, domain::ParentId(options.parent_id));
    if (const auto* refused = std::get_if<mirroring::CreationRefused>(&answer)) {
        if (options.json) {
            context.console.print(refusal_json(*refused));
        } else {
            context.console.say(refusal_text(*refused));
        }
        return process::ExitCode::needs_attention;
    }
    const auto& child = std::get<mirroring::ChildDriver>(answer);
    context.console.print(options.json ? child_driver_json(child) : child_driver_text(child));
    return process::ExitCode::done;
}

}  // namespace twinfleet::fleet_synchronizer
