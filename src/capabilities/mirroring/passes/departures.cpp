#include "capabilities/mirroring/passes/departures.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t entries_of_a_page = 1000;

}  // namespace

std::size_t Departures::budget() const {
    const RetirementBudget& limits = run_.settings.retirement;
    if (run_.request.shard) {
        return limits.count_max;
    }
    return limits.of(run_.request.scope.everything()
                         ? run_.linked_before
                         : run_.stores.links.count_not_retired(run_.entity, run_.family, {}));
}

void Departures::retire() {
    // Every link that stood before the pass was met with its parent, or the parent is gone: counting tells whether to
    // search.
    const std::size_t budget = this->budget();
    if (run_.request.retires_on_purpose) {
        retire_on_purpose();
        if (run_.is_stopped) {
            return;
        }
    }
    std::vector<Link> candidates = std::move(run_.left_the_mirror);
    std::size_t wanted = run_.left_the_mirror_count;
    if (candidates.size() > budget) {
        candidates.resize(budget);
    }
    std::vector<Link> vanished;
    std::size_t vanished_count = 0;
    if (run_.linked_before > run_.linked_seen) {
        sweep([&](const Link& link) {
            ++vanished_count;
            if (candidates.size() + vanished.size() < budget) {
                vanished.push_back(link);
            }
        });
    }
    if (vanished_count > 0) {
        if (run_.require_source) {
            run_.require_source();
        }
        run_.no_parent_is_left = !run_.settings.retirement.also_when_no_parent_is_left && is_nobody_left();
        if (!run_.no_parent_is_left) {
            candidates.insert(candidates.end(), vanished.begin(), vanished.end());
        }
        wanted += vanished_count;
    }
    if (run_.request.shard && !candidates.empty()) {
        candidates.resize(std::min(candidates.size(), run_.request.grant_retirements(candidates.size())));
    }
    retire(candidates);
    run_.counts.retirements_held_back += wanted - candidates.size();

    if (run_.request.scope.everything() && !run_.is_unsettled) {
        release_unmet();
    }
}

void Departures::retire_on_purpose() {
    LinkStore::Page page = run_.first_page_of_links();
    while (!run_.stop.stop_requested()) {
        std::vector<Link> links = run_.stores.links.list(run_.entity, run_.family, page);
        if (links.empty()) {
            return;
        }
        page.after = links.back().parent_id;
        std::erase_if(links, [](const Link& link) { return link.state == LinkState::retired; });
        const std::unordered_set<std::string> present = present_among(links);
        std::erase_if(links, [&](const Link& link) { return !present.contains(link.parent_id.value()); });
        retire(links);
    }
    run_.is_stopped = true;
}

bool Departures::is_nobody_left() const {
    if (run_.linked_seen > 0 || has_any_linked_parent()) {
        return false;
    }
    // Of all parks, as the source is judged as a whole: the shards of a round must not find it emptied one by one.
    const std::size_t linked = run_.stores.links.count_not_retired(run_.entity, run_.family, {});
    return linked > run_.settings.retirement.of(linked) || !has_any_parent();
}

bool Departures::has_any_linked_parent() const {
    LinkStore::Page page;
    page.limit = entries_of_a_page;
    for (;;) {
        const std::vector<Link> links = run_.stores.links.list(run_.entity, run_.family, page);
        if (links.empty()) {
            return false;
        }
        std::vector<std::string> ids;
        for (const Link& link : links) {
            if (link.state != LinkState::retired) {
                ids.push_back(link.parent_id.value());
            }
        }
        if (!ids.empty() && !run_.stores.of(run_.entity).presence(ids).empty()) {
            return true;
        }
        page.after = links.back().parent_id;
    }
}

bool Departures::has_any_parent() const {
    const auto stream = run_.stores.of(run_.entity).all({}, run_.settings.batch);
    DocumentBatch documents;
    while (!run_.stop.stop_requested() && stream->next(documents)) {
        if (holds_a_parent(documents)) {
            return true;
        }
    }
    return false;
}

bool Departures::holds_a_parent(const DocumentBatch& documents) const {
    const Projector projector(run_.entity, run_.family);
    std::vector<domain::ChildId> parks;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const ParentFacts facts = projector.inspect(documents[i]);
        if (facts.is_child) {
            continue;
        }
        if (run_.entity.is_park() || facts.park_id.empty()) {
            return true;
        }
        parks.emplace_back(facts.park_id);
    }
    std::sort(parks.begin(), parks.end());
    parks.erase(std::unique(parks.begin(), parks.end()), parks.end());
    std::unordered_set<std::string> child_parks;
    for (const auto& of_family : run_.stores.links.find_by_child(park_entity(), parks)) {
        child_parks.insert(of_family.link.child_id.value());
    }
    return child_parks.size() < parks.size();
}

void Departures::retire(std::span<const Link> links) {
    const std::size_t batch_max = run_.settings.batch.documents_max;
    for (std::size_t start = 0; start < links.size(); start += batch_max) {
        BatchOutcome outcome;
        run_.counts.retired +=
            run_.mirror.retire(links.subspan(start, std::min(batch_max, links.size() - start)), outcome);
        run_.record(outcome);
    }
}

void Departures::retire_removed(const std::vector<EntityStore::Removal>& removals) {
    std::vector<domain::ParentId> ids;
    for (const EntityStore::Removal& removal : removals) {
        ids.emplace_back(removal.id);
    }
    std::vector<Link> candidates = run_.stores.links.find_by_parent(run_.entity, run_.family, ids);
    std::erase_if(candidates, [&](const Link& link) { return !run_.covers(link.parent_park_id); });
    const auto retired = std::stable_partition(candidates.begin(), candidates.end(),
                                               [](const Link& link) { return link.state != LinkState::retired; });
    run_.removed_retired += static_cast<std::size_t>(candidates.end() - retired);
    candidates.erase(retired, candidates.end());
    leave_out_present(candidates);
    if (candidates.empty()) {
        return;
    }
    const std::size_t budget =
        run_.settings.retirement.of(run_.stores.links.count_not_retired(run_.entity, run_.family, {}));
    const std::size_t left = budget - std::min(budget, run_.removed_retired);
    const std::size_t wanted = candidates.size();
    if (wanted > left) {
        candidates.resize(left);
    }
    retire(candidates);
    run_.removed_retired += candidates.size();
    run_.counts.retirements_held_back += wanted - candidates.size();
}

void Departures::leave_out_present(std::vector<Link>& links) const {
    const std::unordered_set<std::string> present = present_among(links);
    std::erase_if(links, [&](const Link& link) { return present.contains(link.parent_id.value()); });
}

std::unordered_set<std::string> Departures::present_among(std::span<const Link> links) const {
    std::unordered_set<std::string> present;
    if (links.empty()) {
        return present;
    }
    std::vector<std::string> ids;
    for (const Link& link : links) {
        ids.push_back(link.parent_id.value());
    }
    for (auto& parent : run_.stores.of(run_.entity).presence(ids)) {
        present.insert(std::move(parent.id));
    }
    return present;
}

void Departures::release_unmet() const {
    // Whoever is in quarantine and was not met in this pass is gone as well.
    QuarantineFilter filter;
    filter.entity = run_.entity.name;
    filter.family = run_.family.name;
    filter.tried_before = run_.started_at;
    filter.limit = entries_of_a_page;
    for (;;) {
        const auto entries = run_.stores.quarantine.list(filter);
        if (entries.empty()) {
            break;
        }
        BatchOutcome gone;
        for (const QuarantineEntry& entry : entries) {
            // Beside incremental passes, which ask for all others themselves.
            const bool is_left_to_us = !run_.request.shard || (is_stand_in_for_id(entry.parent.parent_id) &&
                                                               run_.request.shard->holds(entry.parent.parent_park_id));
            if (is_left_to_us) {
                gone.released.push_back(entry.parent.parent_id);
            }
        }
        if (!gone.released.empty()) {
            run_.record(gone);
        }
        filter.after_id = entries.back().id;
    }
}

void Departures::switch_off_again() {
    if (run_.request.mode != Mode::full || !run_.request.verify_children || run_.has_no_parks()) {
        return;
    }
    LinkStore::Page page = run_.first_page_of_links();
    while (!run_.stop.stop_requested()) {
        std::vector<Link> links = run_.stores.links.list(run_.entity, run_.family, page);
        if (links.empty()) {
            return;
        }
        page.after = links.back().parent_id;
        std::erase_if(links, [](const Link& link) { return link.state != LinkState::retired; });
        if (links.empty()) {
            continue;
        }
        const std::vector<Link> switched_on = run_.mirror.switched_on_again(links);
        if (!switched_on.empty()) {
            BatchOutcome outcome;
            run_.counts.retired += run_.mirror.retire(switched_on, outcome);
            run_.record(outcome);
        }
    }
    run_.is_stopped = true;
}

void Departures::sweep(const std::function<void(const Link&)>& on_vanished) const {
    if (run_.has_no_parks()) {
        return;
    }
    LinkStore::Page page = run_.first_page_of_links();
    for (;;) {
        const std::vector<Link> links = run_.stores.links.list(run_.entity, run_.family, page);
        if (links.empty() || run_.stop.stop_requested()) {
            return;
        }
        sweep_page(links, on_vanished);
        page.after = links.back().parent_id;
    }
}

void Departures::sweep_page(const std::vector<Link>& links, const std::function<void(const Link&)>& on_vanished) const {
    std::vector<std::string> ids;
    for (const Link& link : links) {
        if (link.state != LinkState::retired) {
            ids.push_back(link.parent_id.value());
        }
    }
    auto present = run_.stores.of(run_.entity).presence(ids);
    std::sort(present.begin(), present.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    for (const Link& link : links) {
        if (link.state == LinkState::retired) {
            continue;
        }
        const auto found = std::ranges::lower_bound(present, link.parent_id.value(), {}, &EntityStore::Presence::id);
        const bool is_present = found != present.end() && found->id == link.parent_id.value();
        // Whoever left for another park was not met in this shard; in one that is mirrored he is met in its shard.
        const bool has_left = is_present && run_.is_part() && !found->park_id.empty() &&
                              !run_.shard_parks.of_all_shards.contains(found->park_id);
        if (!is_present || has_left) {
            on_vanished(link);
        }
    }
}

}  // namespace twinfleet::mirroring
