#include "capabilities/mirroring/passes/child_retirement.hpp"

#include <numeric>
#include <string_view>
#include <unordered_map>

namespace twinfleet::mirroring {
namespace {

/// A creator that was suspended for longer between reserving an id and using it is not reckoned with.
constexpr std::chrono::hours creator_gives_up_after{1};

}  // namespace

ChildRetirement::ChildRetirement(const BatchContext& context, ParkStandings& parks, BatchPlanner& planner,
                                 ForeignEditRecorder& foreign_edits, std::span<const Link> links, BatchOutcome& outcome)
    : context_(context),
      parks_(parks),
      planner_(planner),
      foreign_edits_(foreign_edits),
      links_(links),
      outcome_(outcome),
      now_(context.links.now()),
      differences_(links.size()),
      switched_off_(links.size()) {}

std::size_t ChildRetirement::retire() {
    std::vector<std::size_t> positions(links_.size());
    std::iota(positions.begin(), positions.end(), 0);
    // Those that are left are looked at by the next full pass.
    static_cast<void>(ChildWriter(context_).write(*this, std::move(positions)));
    if (found_.count > 0 && context_.environment.on_foreign_edits) {
        context_.environment.on_foreign_edits(context_.entity, context_.family, found_);
    }
    return retired_;
}

ChildRetirement::Ids ChildRetirement::still_mirrored(const DocumentBatch& parents) {
    std::vector<MirrorBatch::Item> items;
    for (std::size_t i = 0; i < parents.size(); ++i) {
        items.push_back(planner_.inspect(parents[i]));
    }
    const bool is_park = context_.entity.is_park();
    if (!is_park) {
        // A park may have been linked since this pass looked, and its children brought back by others.
        parks_.forget();
        parks_.find(items);
    }
    Ids kept_retired;
    for (const Link& link : links_) {
        if (link.kept_retired) {
            kept_retired.insert(link.parent_id.value());
        }
    }
    Ids mirrored;
    for (const auto& item : items) {
        if (kept_retired.contains(item.parent.id) || (item.park && item.park->is_kept_retired)) {
            continue;
        }
        const bool is_in_mirrored_park = item.park && (item.park->is_mirrored || item.park->is_quarantined);
        const bool is_mirrored = is_park ? !item.parent.is_child : is_in_mirrored_park;
        if (is_mirrored || !item.parent.problem.empty()) {
            mirrored.insert(item.parent.id);
        }
    }
    return mirrored;
}

ChildWrites ChildRetirement::decide(std::span<const std::size_t> positions, ChildrenRead& read) {
    read_ = &read;
    const Ids back = still_mirrored(*read.parents);
    ChildWrites writes;
    for (const std::size_t position : positions) {
        const Link& link = links_[position];
        if (back.contains(link.parent_id.value())) {
            continue;
        }
        const auto child = read.child_by_id.find(link.child_id.value());
        const bool has_child = child != read.child_by_id.end();
        differences_[position] =
            has_child ? context_.projector.retirement(child->second, switched_off_[position]) : Difference{};
        if (!is_dealt_with_unwritten(position, has_child, read.contended.contains(link.parent_id.value()))) {
            // Of one that is off already this makes a new version and changes nothing: see ChildWriter.
            writes.update(position, switch_off(position, child->second));
        }
    }
    return writes;
}

bool ChildRetirement::is_dealt_with_unwritten(std::size_t position, bool has_child, bool is_contended) {
    const Link& link = links_[position];
    if (has_child) {
        const bool is_off = differences_[position].empty() && !is_contended;
        if (is_off) {
            add_retired(link);
        }
        return is_off;
    }
    if (link.state == LinkState::reserved && link.created_at > now_ - creator_gives_up_after) {
        // Whoever reserved the id may still be about to use it: the next full pass looks again.
        return true;
    }
    if (is_contended && link.state == LinkState::linked) {
        // Somebody had removed it, and whoever had begun may be about to insert it: his write ends here, and the next
        // full pass looks again.
        outcome_.synced.push_back({.parent_id = link.parent_id,
                                   .parent_park_id = link.parent_park_id,
                                   .child_park_id = link.child_park_id,
                                   .source_hash = std::nullopt,
                                   .source_updated_ts = link.source_updated_ts,
                                   .write_token = read_->begun.token});
        return true;
    }
    add_retired(link);
    return true;
}

void ChildRetirement::add_retired(const Link& link) {
    outcome_.retired.push_back({link.parent_id, read_->begun.token});
    ++retired_;
}

ChildUpdate ChildRetirement::switch_off(std::size_t position, bson::View child) const {
    return guarded_update(links_[position].child_id, child,
                          *switched_off_[position].view().find(context_.entity.retirement.field));
}

bool ChildRetirement::take(std::size_t position, ChildWriteKind /*kind*/, WriteOutcome outcome) {
    if (outcome != WriteOutcome::written) {
        return outcome != WriteOutcome::refused;
    }
    const Link& link = links_[position];
    const Difference& difference = differences_[position];
    add_retired(link);
    if (!difference.empty()) {
        if (link.state == LinkState::retired && !read_->contended.contains(link.parent_id.value())) {
            foreign_edits_.record(found_, outcome_, link, ForeignEdit::Kind::changed, difference);
        }
        context_.report(OperationReport::Kind::retire, link, difference);
    }
    return false;
}

std::vector<Link> switched_on_again(const BatchContext& context, std::span<const Link> retired) {
    std::unordered_map<std::string_view, const Link*> by_child;
    std::vector<std::string> ids;
    for (const Link& link : retired) {
        by_child.emplace(link.child_id.value(), &link);
        ids.push_back(link.child_id.value());
    }
    std::vector<Link> found;
    const DocumentBatch children = context.documents.fetch(ids);
    for (const auto& [id, child] : documents_by_id(children)) {
        bson::Document storage;
        const auto link = by_child.find(id);
        if (link != by_child.end() && !context.projector.retirement(child, storage).empty()) {
            found.push_back(*link->second);
        }
    }
    return found;
}

}  // namespace twinfleet::mirroring
