#include "capabilities/mirroring/passes/park_standings.hpp"

#include <algorithm>
#include <vector>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t remembered_parks_max = 50'000;

}  // namespace

void ParkStandings::find(std::span<MirrorBatch::Item> items) {
    known_.with([&](Known& known) {
        if (known.standings.size() > remembered_parks_max) {
            known.standings.clear();
        }
        std::vector<std::string> unknown;
        for (const auto& item : items) {
            if (!item.parent.park_id.empty() && !known.standings.contains(item.parent.park_id)) {
                unknown.push_back(item.parent.park_id);
            }
        }
        std::sort(unknown.begin(), unknown.end());
        unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
        if (!unknown.empty()) {
            ask(known, unknown);
        }
        for (auto& item : items) {
            if (!item.parent.park_id.empty()) {
                item.park = known.standings.find(item.parent.park_id)->second;
            }
        }
    });
}

void ParkStandings::ask(Known& known, std::span<const std::string> ids) {
    const Entity& park = park_entity();
    if (!known.any_quarantined) {
        known.any_quarantined = links_.count_quarantined(park, family_) > 0;
    }
    std::vector<domain::ParentId> parent_ids;
    parent_ids.reserve(ids.size());
    std::unordered_map<std::string, ParkStanding> found;
    for (const std::string& id : ids) {
        parent_ids.emplace_back(id);
        found.emplace(id, ParkStanding{});
    }
    for (const Link& link : links_.find_by_parent(park, family_, parent_ids)) {
        ParkStanding& standing = found[link.parent_id.value()];
        standing.is_mirrored = link.state != LinkState::reserved;
        standing.is_kept_retired = link.kept_retired.has_value();
        standing.is_retired = link.state == LinkState::retired || standing.is_kept_retired;
        standing.child_park_id = link.child_id.value();
    }
    std::vector<domain::ChildId> without_link;
    for (const auto& [id, standing] : found) {
        if (standing.child_park_id.empty()) {
            without_link.emplace_back(id);
        }
    }
    if (!without_link.empty()) {
        for (const auto& of_family : links_.find_by_child(park, without_link)) {
            found[of_family.link.child_id.value()].is_child = true;
        }
    }
    if (*known.any_quarantined) {
        for (const std::string& id : links_.quarantined_among(park, family_, ids)) {
            found[id].is_quarantined = true;
        }
    }
    for (auto& [id, standing] : found) {
        known.standings.emplace(id, std::make_shared<const ParkStanding>(std::move(standing)));
    }
}

void ParkStandings::forget() {
    known_.with([](Known& known) { known = {}; });
}

}  // namespace twinfleet::mirroring
