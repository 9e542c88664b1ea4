#include "apps/fleet_synchronizer/startup/master_accounts_http.hpp"

#include <string>
#include <unordered_map>
#include <vector>

#include <boost/json/object.hpp>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

void make(const http::Client& access_control, const domain::ChildId& park, const MasterAccount& account) {
    constexpr int was_there = 200;
    constexpr int made = 201;
    constexpr int first_failure_of_the_service = 500;
    const boost::json::object user{
        {"park_id", park.value()}, {"login", account.login}, {"display_name", account.display_name}};
    const http::Response answer =
        access_control.request("POST", "/v1/users", json::to_text(user), {{"Content-Type", "application/json"}});
    if (answer.status >= first_failure_of_the_service) {
        throw platform::StoreUnavailable("access-control", "it answered with status " + std::to_string(answer.status));
    }
    if (answer.status != was_there && answer.status != made) {
        throw platform::StoreRefused("access-control", answer.status, "it refused a master account");
    }
}

}  // namespace

void make_master_accounts(const http::Client& access_control, const CityConfiguration& cities,
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
            make(access_control, child->second, *account);
        }
    }
}

}  // namespace twinfleet::fleet_synchronizer
