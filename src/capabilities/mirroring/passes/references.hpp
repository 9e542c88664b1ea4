#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/passes/batch_context.hpp"
#include "capabilities/mirroring/passes/mirror_batch.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::mirroring {

/// Finds the children that the children of a batch are to refer to, and has those made that are missing. Safe to use
/// from several threads.
class ReferenceResolver {
public:
    /// Makes children for these parents of another entity, outside its job, and returns what has become of them. Is
    /// called by one thread at a time.
    using MakeChildren = std::function<std::unique_ptr<MirrorBatch>(const Entity& target, DocumentBatch&& parents)>;

    /// The context outlives this.
    ReferenceResolver(const BatchContext& context, MakeChildren make_children);

    /// Fills `batch.references` for the items that are to be mirrored. What a parent refers to and has no child yet
    /// gets one, if it exists in the same park; otherwise the reference dangles. What is in quarantine is not referred
    /// to, though it may have a child from better days. Requests backfills in `batch.outcome` where a reference can
    /// only be followed once the job of its target has been there. Throws what the stores throw.
    void resolve(MirrorBatch& batch);

    /// Links that were remembered are asked for anew: others may have moved them since.
    void forget();

private:
    /// What a batch refers to in one other entity: each reference with the park it is to be found in.
    struct Wanted {
        const Entity* target;
        std::vector<Reference> references;
        std::vector<std::string_view> parks;
    };
    using Ids = std::unordered_set<std::string>;

    [[nodiscard]] static std::vector<Wanted> wanted_by(const MirrorBatch& batch);
    void find_links(MirrorBatch& batch, const Wanted& wanted);
    /// Returns the ids of what is in quarantine.
    [[nodiscard]] Ids forget_quarantined(MirrorBatch& batch, const Wanted& wanted) const;
    void make_missing(MirrorBatch& batch, const Wanted& wanted, const Ids& quarantined);
    void take_made(MirrorBatch& batch, const Entity& target, MirrorBatch& made) const;

    const BatchContext& context_;
    const MakeChildren make_children_;
    /// Links of entities that are mirrored with their park: few, and asked for again and again.
    platform::Guarded<std::unordered_map<std::string, Link>> lasting_links_;
    /// Held while children are made.
    std::mutex making_;
};

}  // namespace twinfleet::mirroring
