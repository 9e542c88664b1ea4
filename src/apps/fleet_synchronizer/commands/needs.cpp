#include "apps/fleet_synchronizer/commands/needs.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

template <typename... Commands>
bool is_any_of(const Command& command) {
    return (std::holds_alternative<Commands>(command) || ...);
}

}  // namespace

Needs needs_of(const std::optional<Command>& command, bool is_serving) {
    if (!command) {
        return {.documents = true,
                .right_cluster = true,
                .writes = true,
                .cities = is_serving,
                .jobs = is_serving,
                .users_where_possible = is_serving};
    }
    const auto* run = std::get_if<RunJobs>(&*command);
    const auto* retire = std::get_if<RetireParks>(&*command);
    const auto* verify = std::get_if<Verify>(&*command);
    const bool has_documents = !is_any_of<GetLinks, ListQuarantine, DropQuarantine, ListForeignEdits>(*command);
    return {.documents = has_documents,
            .right_cluster = has_documents && !is_any_of<ShowCluster, AdoptCluster>(*command),
            .writes = is_any_of<CreateChildDriver, RetryQuarantine, EraseDriver>(*command) ||
                      (retire != nullptr && !retire->dry_run) || (run != nullptr && !run->dry_run) ||
                      (verify != nullptr && verify->repair),
            .cities = is_any_of<RunJobs, CreateChildDriver, Verify, RetryQuarantine, RetireParks>(*command),
            .jobs = run != nullptr,
            // Whoever retires a park is to know that the logins of its users stay as they are.
            .users_where_possible = (run != nullptr && run->is_all) || retire != nullptr};
}

void say_what_is_left_out(const Needs& needs, bool has_cities, bool has_access_control, Console& console) {
    if (needs.jobs && !has_cities) {
        console.say(
            "no city is enabled: neither FLEET_TYPED_CONFIGS nor typed_configs.file is set; children that exist are "
            "kept in step, no new child parks are made");
    }
    if (needs.users_where_possible && !has_access_control) {
        console.say("the users job is left out: neither FLEET_ACCESS_CONTROL_URL nor access_control.url is set");
    }
}

}  // namespace twinfleet::fleet_synchronizer
