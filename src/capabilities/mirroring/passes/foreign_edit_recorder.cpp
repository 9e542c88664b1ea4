#include "capabilities/mirroring/passes/foreign_edit_recorder.hpp"

#include "capabilities/mirroring/policy/changes_json.hpp"

namespace twinfleet::mirroring {

void ForeignEditRecorder::record(ForeignEditsFound& found, BatchOutcome& outcome, const Link& link,
                                 ForeignEdit::Kind kind, const Difference& difference) {
    ++found.count;
    if (recorded_ == foreign_edits_recorded_max) {
        ++found.without_record;
        return;
    }
    ++recorded_;
    outcome.foreign_edits.push_back({
        .key = ids_.next(),
        .kind = kind,
        .parent_id = link.parent_id,
        .parent_park_id = link.parent_park_id,
        .child_id = link.child_id,
        .child_park_id = link.child_park_id,
        .fields = changes_json(difference),
    });
}

}  // namespace twinfleet::mirroring
