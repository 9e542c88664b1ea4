#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "capabilities/mirroring/passes/batch_context.hpp"
#include "capabilities/mirroring/passes/documents_by_id.hpp"
#include "capabilities/mirroring/passes/mirror_batch.hpp"
#include "capabilities/mirroring/passes/park_standings.hpp"
#include "capabilities/mirroring/passes/references.hpp"

namespace twinfleet::mirroring {

/// Finds out what is to be done about each document of a batch. The steps are called in the order in which they stand
/// here. Throws what the stores throw. Safe to use from several threads.
class BatchPlanner {
public:
    /// The arguments outlive this.
    BatchPlanner(const BatchContext& context, ParkStandings& parks, ReferenceResolver& references)
        : context_(context), parks_(parks), references_(references) {}

    /// An item with what can be told from the document alone.
    [[nodiscard]] MirrorBatch::Item inspect(bson::View document) const;

    /// Makes a batch with one item for each document, with its park and its link. A document that changed while it was
    /// being read may be there twice; then the later reading counts.
    [[nodiscard]] std::unique_ptr<MirrorBatch> gather(DocumentBatch&& documents);

    /// Decides what is to become of each item. Then finds what the items that are to be mirrored refer to, and which
    /// logins are in use.
    void resolve(MirrorBatch& batch);

    /// Plans the operation of each item, and sets the result of items that need none. `children` are the children as
    /// they are now; nullptr when they have not been read.
    void make_plan(MirrorBatch& batch, const DocumentsById* children) const;

    /// Reserves a link for each item that needs one. Where somebody else has reserved a link of the same parent first,
    /// the item goes on with that link. One whose link is kept retired meanwhile is skipped.
    void reserve(MirrorBatch& batch) const;

private:
    /// Where the parents of a batch are among its items, by id.
    using Positions = std::unordered_map<std::string_view, std::size_t>;
    void find_links(MirrorBatch& batch, const Positions& positions) const;
    void find_erased(MirrorBatch& batch) const;
    void find_logins(MirrorBatch& batch) const;

    const BatchContext& context_;
    ParkStandings& parks_;
    ReferenceResolver& references_;
};

}  // namespace twinfleet::mirroring
