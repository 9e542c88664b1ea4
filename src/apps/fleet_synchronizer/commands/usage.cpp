#include "apps/fleet_synchronizer/commands/usage.hpp"

#include <algorithm>
#include <string>

namespace twinfleet::fleet_synchronizer {
namespace {

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
    if (const auto* retire = std::get_if<RetireParks>(&command)) {
        return retire->family;
    }
    return {};
}

std::string usage_problem(const Command& command, const std::vector<domain::AppFamily>& families,
                          bool has_access_control) {
    const std::string name = family_of(command);
    const bool is_known = std::find(families.begin(), families.end(), domain::AppFamily{name}) != families.end();
    const bool must_be_named =
        std::holds_alternative<CreateChildDriver>(command) || std::holds_alternative<RetireParks>(command);
    if (!is_known && (!name.empty() || must_be_named)) {
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

}  // namespace

bool is_wrong_usage(const std::optional<Command>& command, const std::vector<domain::AppFamily>& families,
                    bool has_access_control, Console& console) {
    const std::string problem = command ? usage_problem(*command, families, has_access_control) : "";
    if (problem.empty()) {
        return false;
    }
    console.say(problem);
    return true;
}

}  // namespace twinfleet::fleet_synchronizer
