#pragma once

#include "capabilities/mirroring/passes/batch_context.hpp"
#include "capabilities/mirroring/passes/mirror_batch.hpp"

namespace twinfleet::mirroring {

/// The last step of a batch, after its children have been written: records what has become of it. For one thread at a
/// time.
class BatchFinisher {
public:
    /// The context outlives this.
    explicit BatchFinisher(const BatchContext& context) : context_(context) {}

    /// Puts the child drivers of the batch into the records of their licences. Then records links, quarantine, and what
    /// `batch.outcome` holds already, in one transaction. Fills in the counts and the retirements of the batch. Throws
    /// what the stores throw.
    void finish(MirrorBatch& batch);

private:
    void place_profiles(MirrorBatch& batch) const;
    /// Children that somebody else has begun to write since: what this batch knows of them may be old, and a profile
    /// has no version that would keep it from being put back to where it was.
    void leave_out_what_others_write(MirrorBatch& batch) const;
    void add_to_outcome(MirrorBatch& batch, const MirrorBatch::Item& item) const;
    void release_from_quarantine(MirrorBatch& batch);
    /// A car or driver without a child is in quarantine because somebody has asked for one in vain. It stays there as
    /// long as that would be in vain again, and is no longer released when it can be mirrored.
    void keep_those_asked_for_in_vain(MirrorBatch& batch) const;

    const BatchContext& context_;
    /// Whether any parent of this entity may be in quarantine: asked once, and true as soon as the first one goes
    /// there.
    bool was_quarantine_asked_ = false;
    bool may_have_quarantined_ = false;
};

}  // namespace twinfleet::mirroring
