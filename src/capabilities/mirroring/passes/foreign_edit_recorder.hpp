#pragma once

#include <cstddef>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/policy/projection.hpp"
#include "capabilities/mirroring/stores/id_source.hpp"

namespace twinfleet::mirroring {

/// Counts what others than the mirror wrote into children, and makes a record of the first foreign_edits_recorded_max
/// edits that a pass finds. For one thread at a time.
class ForeignEditRecorder {
public:
    /// `ids` outlives this.
    explicit ForeignEditRecorder(IdSource& ids) : ids_(ids) {}

    /// Counts one edit in `found` and adds its record to `outcome`. `difference` is what was put right.
    void record(ForeignEditsFound& found, BatchOutcome& outcome, const Link& link, ForeignEdit::Kind kind,
                const Difference& difference);

private:
    IdSource& ids_;
    std::size_t recorded_ = 0;
};

}  // namespace twinfleet::mirroring
