#pragma once

#include <cstddef>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/policy/projection.hpp"
#include "capabilities/mirroring/stores/id_source.hpp"

namespace twinfleet::mirroring {

/// Counts what others wrote into children, and keeps a record of the first foreign_edits_recorded_max that a pass
/// finds. To be used by one thread at a time.
class ForeignEditRecorder {
public:
    /// The ids outlive this.
    explicit ForeignEditRecorder(IdSource& ids) : ids_(ids) {}

    /// `difference` is what was put right; its record becomes part of `outcome`.
    void record(ForeignEditsFound& found, BatchOutcome& outcome, const Link& link, ForeignEdit::Kind kind,
                const Difference& difference);

private:
    IdSource& ids_;
    std::size_t recorded_ = 0;
};

}  // namespace twinfleet::mirroring
