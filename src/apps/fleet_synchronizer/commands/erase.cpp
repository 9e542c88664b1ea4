#include "apps/fleet_synchronizer/commands/erase.hpp"

#include <array>
#include <span>
#include <string>

#include <pwd.h>
#include <unistd.h>

#include "apps/fleet_synchronizer/output/printable.hpp"
#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/policy/parent_id.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

/// Who calls the command: `name on machine`.
std::string caller() {
    std::array<char, 256> machine{};
    gethostname(machine.data(), machine.size() - 1);
    std::array<char, 4096> memory{};
    passwd entry{};
    passwd* found = nullptr;
    const bool has_name = getpwuid_r(geteuid(), &entry, memory.data(), memory.size(), &found) == 0 && found != nullptr;
    return (has_name ? std::string(found->pw_name) : "user " + std::to_string(geteuid())) + " on " + machine.data();
}

}  // namespace

process::ExitCode erase_driver(const EraseDriver& options, mirroring::DriverErasure& erasure,
                               const JobContext& context) {
    if (!mirroring::is_usable_id(options.parent_id)) {
        context.console.say("no driver can have the id " + printable(options.parent_id));
        return process::ExitCode::wrong_usage;
    }
    const domain::ChildId as_child(options.parent_id);
    const auto parents = context.retry([&] {
        return context.dependencies.links.find_by_child(mirroring::entity("drivers"), std::span(&as_child, 1));
    });
    if (!parents.empty()) {
        // Asked for like this he would be on record for ever, and nothing of him gone.
        context.console.say("driver " + printable(options.parent_id) + " is a child; erase its parent: --parent-id " +
                            printable(parents.front().link.parent_id.value()));
        return process::ExitCode::wrong_usage;
    }
    const domain::ParentId driver(options.parent_id);
    const mirroring::Erasure done = context.retry([&] { return erasure.erase(driver, caller()); });
    context.console.print(options.json ? erasure_json(done) : erasure_text(done));
    return done.problem.empty() ? process::ExitCode::done : process::ExitCode::needs_attention;
}

}  // namespace twinfleet::fleet_synchronizer
