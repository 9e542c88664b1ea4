#include "capabilities/mirroring/passes/mirror_batch.hpp"

#include <algorithm>

namespace twinfleet::mirroring {

Candidate MirrorBatch::Item::candidate() const {
    return Candidate{
        .parent = &parent,
        .link = link ? &*link : nullptr,
        .proposed_child_id = proposed_child_id,
        .park = park.get(),
        .is_enabled = is_enabled,
        .is_erased = is_erased,
        .decision = &decision,
        .child = {},
    };
}

void MirrorBatch::Item::quarantine(std::string_view reason) {
    operation.step = Step::quarantine;
    operation.reason = reason;
    result = Result::quarantined;
}

RunCounts counts_of(const MirrorBatch::Item& item) {
    RunCounts counts;
    counts.read = item.is_alongside ? 0 : 1;
    switch (item.result) {
        case MirrorBatch::Result::created:
            counts.created = 1;
            break;
        case MirrorBatch::Result::updated:
            counts.updated = 1;
            break;
        case MirrorBatch::Result::unchanged:
            counts.unchanged = 1;
            break;
        case MirrorBatch::Result::quarantined:
            counts.quarantined = 1;
            break;
        default:
            counts.skipped = 1;
            break;
    }
    counts.dangling_references = item.operation.projection.dangling_references;
    return counts;
}

void request_backfill(BatchOutcome& outcome, const Entity& entity, std::string_view park_id) {
    Backfill wanted{std::string(entity.name), domain::ParentParkId(park_id), 0};
    auto& requested = outcome.backfills_requested;
    if (std::find(requested.begin(), requested.end(), wanted) == requested.end()) {
        requested.push_back(std::move(wanted));
    }
}

}  // namespace twinfleet::mirroring
