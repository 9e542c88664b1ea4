#pragma once

#include <memory>

#include "capabilities/mirroring/passes/batch_context.hpp"
#include "capabilities/mirroring/passes/documents_by_id.hpp"
#include "capabilities/mirroring/passes/mirror_batch.hpp"
#include "capabilities/mirroring/passes/park_standings.hpp"
#include "capabilities/mirroring/passes/references.hpp"

namespace twinfleet::mirroring {

/// Takes documents to what is to be done about them. The steps are called in the order in which they stand here.
/// Throws what the stores throw. Safe to use from several threads.
class BatchPlanner {
public:
    /// All outlive this.
    BatchPlanner(const BatchContext& context, ParkStandings& parks, ReferenceResolver& references)
        : context_(context), parks_(parks), references_(references) {}

    /// What can be told from one document alone.
    [[nodiscard]] MirrorBatch::Item inspect(bson::View document) const;

    /// One item for each document, with its park and its link. A document that changed while it was being read may come
    /// twice; the later reading counts.
    [[nodiscard]] std::unique_ptr<MirrorBatch> gather(DocumentBatch&& documents);

    /// Works out what is to become of each item, and finds what those that are to be mirrored refer to, and which
    /// logins are in use.
    void resolve(MirrorBatch& batch);

    /// The operation of each item, and the result of those that need none. `children` are what the links' children are
    /// now, where they have been read; nullptr: they have not been.
    void make_plan(MirrorBatch& batch, const DocumentsById* children) const;

    /// Reserves a link for each item that needs one first. Whoever lost the race for it goes on with the winner's link.
    void reserve(MirrorBatch& batch) const;

private:
    void find_links(MirrorBatch& batch) const;
    void find_logins(MirrorBatch& batch) const;

    const BatchContext& context_;
    ParkStandings& parks_;
    ReferenceResolver& references_;
};

}  // namespace twinfleet::mirroring
