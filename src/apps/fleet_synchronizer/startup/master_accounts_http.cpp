#include "apps/fleet_synchronizer/startup/master_accounts_http.hpp"

#include <string>
#include <unordered_map>
#include <vector>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::fleet_synchronizer {

void make_master_accounts(const clients::AccessControl& access_control, const CityConfiguration& cities,
                          mirroring::LinkStore& links, mirroring::EntityStore& parks, const domain::AppFamily& family,
                          std::span<const domain::ParentParkId> parent_parks) {
    std::vector<domain::ParentId> ids;
    std::vector<std::string> texts;
    for (const domain::ParentParkId& park : parent_parks) {
        ids.emplace_back(park.value());
        texts.push_back(park.value());
    }
    std::unordered_map<std::string, domain::ChildId> children;
    for (mirroring::Link& link : links.find_by_parent(mirroring::park_entity(), family, ids)) {
        if (link.state == mirroring::LinkState::linked) {
            children.emplace(link.parent_id.value(), std::move(link.child_id));
        }
    }
    const mirroring::Projector projector(mirroring::park_entity(), family);
    const mirroring::DocumentBatch documents = parks.fetch(texts);
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const mirroring::ParentFacts park = projector.inspect(documents[i]);
        const auto child = children.find(park.id);
        if (child == children.end()) {
            continue;
        }
        if (const auto account = cities.master_account(park, family)) {
            access_control.make_user(child->second.value(), account->login, account->display_name);
        }
    }
}

}  // namespace twinfleet::fleet_synchronizer
