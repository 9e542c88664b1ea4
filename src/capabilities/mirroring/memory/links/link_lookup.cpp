#include "capabilities/mirroring/memory/links/link_lookup.hpp"

#include <algorithm>
#include <unordered_map>

#include "domain/app_family.hpp"

namespace twinfleet::mirroring {

const char* to_string(LinkRole role) {
    switch (role) {
        case LinkRole::parent:
            return "parent";
        case LinkRole::child:
            return "child";
        case LinkRole::unlinked:
            break;
    }
    return "unlinked";
}

const char* to_string(LinkState state) {
    switch (state) {
        case LinkState::reserved:
            return "reserved";
        case LinkState::linked:
            return "linked";
        case LinkState::retired:
            break;
    }
    return "retired";
}

const char* to_string(KeptRetired why) {
    return why == KeptRetired::on_purpose ? "on_purpose" : "erased";
}

KeptRetired kept_retired_of(std::string_view text) {
    return text == "on_purpose" ? KeptRetired::on_purpose : KeptRetired::erased;
}

LinkState link_state_of(std::string_view text) {
    if (text == "linked") {
        return LinkState::linked;
    }
    return text == "reserved" ? LinkState::reserved : LinkState::retired;
}

std::vector<LinkAnswer> look_up_links(LinkStore& store, const Entity& entity, std::span<const std::string> ids) {
    std::vector<LinkAnswer> answers;
    std::unordered_multimap<std::string_view, std::size_t> positions;
    std::vector<domain::ParentId> as_parents;
    std::vector<domain::ChildId> as_children;
    answers.reserve(ids.size());
    for (const std::string& id : ids) {
        positions.emplace(id, answers.size());
        answers.push_back({id, LinkRole::unlinked, {}});
        as_parents.emplace_back(id);
        as_children.emplace_back(id);
    }
    const auto add = [&](const std::string& id, LinkRole role, const LinkedDocument& document) {
        const auto [begin, end] = positions.equal_range(id);
        for (auto position = begin; position != end; ++position) {
            answers[position->second].role = role;
            answers[position->second].links.push_back(document);
        }
    };
    for (const auto& [family, link] : store.find_in_all_families(entity, as_parents)) {
        add(link.parent_id.value(), LinkRole::parent,
            {family, link.child_id.value(), link.child_park_id.value(), link.state, link.created_at, link.synced_at});
    }
    for (const auto& [family, link] : store.find_by_child(entity, as_children)) {
        add(link.child_id.value(), LinkRole::child,
            {std::string(domain::main_family), link.parent_id.value(), link.parent_park_id.value(), link.state,
             link.created_at, link.synced_at});
    }
    for (LinkAnswer& answer : answers) {
        std::sort(answer.links.begin(), answer.links.end(),
                  [](const LinkedDocument& a, const LinkedDocument& b) { return a.family < b.family; });
    }
    return answers;
}

}  // namespace twinfleet::mirroring
