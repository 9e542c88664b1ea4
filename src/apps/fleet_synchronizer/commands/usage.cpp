#include "apps/fleet_synchronizer/commands/usage.hpp"

#include <algorithm>

namespace twinfleet::fleet_synchronizer {
namespace {

template <typename... Commands>
bool is_any_of(const Command& command) {
    return (std::holds_alternative<Commands>(command) || ...);
}

std::string family_of(const Command& command) {
    if (const auto* run = std::get_if<RunJobs>(&command)) {
        return run->family;
    }
    if (const auto* create = std::get_if<CreateChildDriver>(&command)) {
        return create->family;
    }
    if (const auto* verify = std::get_if<Verify>(&command)) {
        return verify->family;
    }
    return {};
}

}  // namespace

std::string usage_problem(const Command& command, const std::vector<domain::AppFamily>& families,
                          bool has_access_control) {
    const std::string name = family_of(command);
    const bool is_known = std::find(families.begin(), families.end(), domain::AppFamily{name}) != families.end();
    // Only a child is asked for with a family that must be named.
    if (!is_known && (!name.empty() || std::holds_alternative<CreateChildDriver>(command))) {
        std::string problem = "unknown family \"" + name + "\"; configured:";
        for (const domain::AppFamily& configured : families) {
            problem += " " + configured.name;
        }
        return problem;
    }
    if (const auto* run = std::get_if<RunJobs>(&command); run != nullptr && !run->is_all) {
        const bool has_users = std::find(run->jobs.begin(), run->jobs.end(), users_job) != run->jobs.end();
        if (has_users && !has_access_control) {
            return "the users job needs access-control: set FLEET_ACCESS_CONTROL_URL or access_control.url";
        }
    }
    return {};
}

bool needs_documents(const Command& command) {
    return !is_any_of<GetLinks, ListQuarantine, DropQuarantine, ListForeignEdits>(command);
}

bool needs_cities(const Command& command) {
    return is_any_of<RunJobs, CreateChildDriver, Verify, RetryQuarantine>(command);
}

}  // namespace twinfleet::fleet_synchronizer
