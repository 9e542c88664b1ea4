#include "capabilities/mirroring/api/parks_http.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "capabilities/mirroring/api/answers_http.hpp"
#include "capabilities/mirroring/api/quarantine_http.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/api/path.hpp"
#include "platform/api/query.hpp"
#include "platform/clock/time_text.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t quarantine_shown = 100;

boost::json::object to_json(const LinkedDocument& link) {
    return {{"id", link.id},
            {"state", to_string(link.state)},
            {"created_at", platform::time_text(link.created_at)},
            {"synced_at", platform::time_text(link.synced_at)}};
}

/// Seconds that the mirror may be behind: what was there before is mirrored, or in quarantine.
boost::json::value lag_of(const std::vector<JobState>& jobs, std::string_view job, std::string_view family, Time now) {
    const auto cursor = state_of(jobs, job, family).cursor;
    if (!cursor || !cursor->caught_up_at) {
        return nullptr;
    }
    return seconds_since(*cursor->caught_up_at, now);
}

boost::json::array entities_of(const ParkState& park, const std::vector<JobState>& jobs, const std::string& family,
                               Time now) {
    boost::json::array all;
    for (const Entity& entity : entities()) {
        const auto found = std::ranges::find_if(park.entities, [&](const ParkEntityState& state) {
            return state.entity == entity.name && state.family == family;
        });
        const ParkEntityState state = found == park.entities.end() ? ParkEntityState{} : *found;
        all.push_back(boost::json::object{{"entity", entity.name},
                                          {"linked", state.linked},
                                          {"reserved", state.reserved},
                                          {"retired", state.retired},
                                          {"last_synced_at", time_or_null(state.last_synced_at)},
                                          {"lag_s", lag_of(jobs, entity.name, family, now)}});
    }
    return all;
}

http::Response get_mirror(const MirrorApi& api, const api::Call& call) {
    api::refuse_query(call);
    const std::string& id = api::id_in_path(call, "id");
    const LinkAnswer links = look_up_links(api.links, park_entity(), std::span(&id, 1)).front();
    if (links.role == LinkRole::child) {
        return http::error_response(409, "park_is_child", "The park is a child itself; ask for its parent.",
                                    boost::json::object{{"parent_park_id", links.links.front().id}});
    }
    const ParkState park = api.overview.park(domain::ParentParkId(id));
    if (links.role == LinkRole::unlinked && park.entities.empty() && park.quarantined == 0 &&
        api.stores.find(park_entity().name)->second->presence(std::span(&id, 1)).empty()) {
        return http::error_response(404, "park_not_found", "There is no such park.");
    }
    const auto jobs = api.overview.jobs();
    const Time now = api.overview.now();
    boost::json::array families;
    for (const domain::AppFamily& family : api.families) {
        const auto link = std::ranges::find(links.links, family.name, &LinkedDocument::family);
        families.push_back(boost::json::object{
            {"family", family.name},
            {"park", link == links.links.end() ? boost::json::value(nullptr) : boost::json::value(to_json(*link))},
            {"entities", entities_of(park, jobs, family.name, now)},
        });
    }
    QuarantineFilter filter;
    filter.parent_park_id = id;
    filter.limit = quarantine_shown;
    boost::json::object quarantine = quarantine_page(api.quarantine, std::move(filter));
    quarantine["count"] = park.quarantined;
    return http::json_response(
        200, {{"park_id", id}, {"families", std::move(families)}, {"quarantine", std::move(quarantine)}});
}

}  // namespace

std::vector<api::Route> park_routes(const MirrorApi& api) {
    return {{.method = "GET",
             .pattern = "/v1/parks/{id}/mirror",
             .handler = api::BlockingHandler([api](const api::Call& call) { return get_mirror(api, call); })}};
}

}  // namespace twinfleet::mirroring
