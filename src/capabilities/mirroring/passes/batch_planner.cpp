#include "capabilities/mirroring/passes/batch_planner.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace twinfleet::mirroring {

MirrorBatch::Item BatchPlanner::inspect(bson::View document) const {
    MirrorBatch::Item item;
    item.parent = context_.projector.inspect(document);
    if (context_.entity.is_park() && !item.parent.is_child) {
        item.is_enabled = context_.environment.park_enabled(item.parent, context_.family);
    }
    if (context_.entity.can_be_erased && !item.parent.is_child && context_.environment.parent_erased) {
        item.is_erased = context_.environment.parent_erased(document);
    }
    return item;
}

std::unique_ptr<MirrorBatch> BatchPlanner::gather(DocumentBatch&& documents) {
    auto batch = std::make_unique<MirrorBatch>();
    batch->documents.push_back(std::make_unique<DocumentBatch>(std::move(documents)));
    const DocumentBatch& source = *batch->documents.back();
    batch->items.reserve(source.size());
    Positions positions;
    positions.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        MirrorBatch::Item item = inspect(source[i]);
        batch->newest.advance(item.parent.version);
        const auto known = positions.find(item.parent.id);
        if (known != positions.end()) {
            const std::size_t position = known->second;
            positions.erase(known);
            batch->items[position] = std::move(item);
            positions.emplace(batch->items[position].parent.id, position);
        } else {
            batch->items.push_back(std::move(item));
            positions.emplace(batch->items.back().parent.id, batch->items.size() - 1);
        }
    }
    if (!context_.entity.is_park()) {
        parks_.find(batch->items);
    }
    find_links(*batch, positions);
    find_erased(*batch);
    return batch;
}

void BatchPlanner::find_erased(MirrorBatch& batch) const {
    // Who has a link shows it there. Without one, it matters to whoever makes children.
    const PlanRules& rules = context_.settings.rules;
    if (!context_.entity.can_be_erased || !(rules.create_missing || rules.create_by_name)) {
        return;
    }
    std::vector<domain::ParentId> ids;
    for (const auto& item : batch.items) {
        if (!item.link && !item.is_erased && item.parent.problem != reason::bad_id) {
            ids.emplace_back(item.parent.id);
        }
    }
    if (ids.empty()) {
        return;
    }
    const std::vector<domain::ParentId> erased = context_.links.erased_among(ids);
    const std::unordered_set<domain::ParentId> found(erased.begin(), erased.end());
    for (auto& item : batch.items) {
        item.is_erased = item.is_erased || found.contains(domain::ParentId(item.parent.id));
    }
}

void BatchPlanner::find_links(MirrorBatch& batch, const Positions& positions) const {
    std::vector<domain::ParentId> ids;
    ids.reserve(batch.items.size());
    for (const MirrorBatch::Item& item : batch.items) {
        const ParentFacts& parent = item.parent;
        // A pass reads as many children as parents; for those that show it, their links need not be asked for.
        const bool is_child = parent.is_child || (parent.names_a_parent && item.park && item.park->is_child);
        if (!is_child && parent.problem != reason::bad_id) {
            ids.emplace_back(parent.id);
        }
    }
    if (ids.empty()) {
        return;
    }
    for (Link& link : context_.links.find_by_parent(context_.entity, context_.family, ids)) {
        const auto position = positions.find(link.parent_id.value());
        if (position != positions.end()) {
            MirrorBatch::Item& item = batch.items[position->second];
            item.is_new = link.state == LinkState::reserved;
            item.link = std::move(link);
        }
    }
}

void BatchPlanner::resolve(MirrorBatch& batch) {
    for (auto& item : batch.items) {
        item.decision = decide(context_.entity, item.candidate(), context_.settings.rules);
    }
    references_.resolve(batch);
    find_logins(batch);
}

void BatchPlanner::find_logins(MirrorBatch& batch) const {
    if (!context_.entity.is_park()) {
        return;
    }
    std::vector<std::string> logins;
    for (const auto& item : batch.items) {
        if (item.decision.is_to_be_mirrored()) {
            logins.push_back(derived_login(item.parent.login, context_.family));
        }
    }
    if (logins.empty()) {
        return;
    }
    for (auto& owner : context_.documents.logins_in_use(logins)) {
        batch.login_owners.insert_or_assign(std::move(owner.login), std::move(owner.id));
    }
}

void BatchPlanner::make_plan(MirrorBatch& batch, const DocumentsById* children) const {
    std::vector<Candidate> candidates;
    candidates.reserve(batch.items.size());
    for (auto& item : batch.items) {
        if (!item.link && item.decision.is_to_be_mirrored()) {
            item.proposed_child_id = context_.environment.stores.ids.next();
        }
        Candidate candidate = item.candidate();
        if (children != nullptr && item.link) {
            const auto child = children->find(item.link->child_id.value());
            candidate.child = child == children->end() ? ChildRead{ChildRead::State::missing, {}}
                                                       : ChildRead{ChildRead::State::present, child->second};
        }
        candidates.push_back(candidate);
    }
    auto operations =
        plan(context_.projector, candidates, batch.references, batch.login_owners, context_.settings.rules);
    for (std::size_t i = 0; i < operations.size(); ++i) {
        MirrorBatch::Item& item = batch.items[i];
        item.operation = std::move(operations[i]);
        switch (item.operation.step) {
            case Step::skip:
            case Step::retire:
                item.result = MirrorBatch::Result::skipped;
                break;
            case Step::quarantine:
            case Step::switch_off:
                item.result = MirrorBatch::Result::quarantined;
                break;
            case Step::unchanged:
                item.result = MirrorBatch::Result::unchanged;
                break;
            default:
                break;
        }
    }
}

void BatchPlanner::reserve(MirrorBatch& batch) const {
    const Entity& entity = context_.entity;
    std::vector<NewLink> wanted;
    std::unordered_map<std::string_view, std::size_t> positions;
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        MirrorBatch::Item& item = batch.items[i];
        if (item.operation.step != Step::reserve) {
            continue;
        }
        positions.emplace(item.parent.id, i);
        wanted.push_back({domain::ParentId(item.parent.id), domain::ParentParkId(item.parent.park_id),
                          domain::ChildId(item.proposed_child_id),
                          domain::ChildParkId(entity.is_park() ? item.proposed_child_id : item.park->child_park_id)});
    }
    if (wanted.empty()) {
        return;
    }
    for (Link& link : context_.links.reserve(context_.settings.lease, entity, context_.family, wanted)) {
        const auto position = positions.find(link.parent_id.value());
        if (position == positions.end()) {
            continue;
        }
        MirrorBatch::Item& item = batch.items[position->second];
        item.is_new = link.state == LinkState::reserved;
        // Somebody else was faster: what was planned for our id does not hold for his.
        const bool is_ours = item.is_new && link.child_id.value() == item.proposed_child_id;
        item.has_new_id = is_ours;
        item.operation.step = is_ours ? Step::create : Step::read_child;
        item.link = std::move(link);
        if (item.link->kept_retired) {
            // Decided since the link was looked for: nobody may make the child any more.
            item.operation = {};
            item.result = MirrorBatch::Result::skipped;
        }
    }
}

}  // namespace twinfleet::mirroring
