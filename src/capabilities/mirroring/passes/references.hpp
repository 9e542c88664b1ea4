#pragma once

#include <chrono>
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

/// Finds the children that the children of a batch are to refer to, and has missing ones made. Safe to use from several
/// threads.
class ReferenceResolver {
public:
    /// Makes children for these parents of another entity, outside the job of that entity, and returns what has become
    /// of them. Called by one thread at a time.
    using MakeChildren = std::function<std::unique_ptr<MirrorBatch>(const Entity& target, DocumentBatch&& parents)>;

    /// The context outlives this.
    ReferenceResolver(const BatchContext& context, MakeChildren make_children);

    /// Fills `batch.references` for the items that are to be mirrored. A document that a parent refers to and that has
    /// no child yet gets one, if the document is in the same park; otherwise the reference dangles. A document in
    /// quarantine is not referred to, though it may have a child from an earlier time. What was made is in
    /// RunCounts::created_with of `batch.counts`. Requests backfills in `batch.outcome` for references that can only be
    /// followed once the job of their target has looked at the park. Throws what the stores throw.
    void resolve(MirrorBatch& batch);

    /// Forgets the links, and the empty quarantines, that were remembered, so that they are asked for again: others may
    /// have changed them since.
    void forget();

private:
    /// What a batch refers to in one other entity: each reference, and the park in which its target must be.
    struct Wanted {
        const Entity* target;
        std::vector<Reference> references;
        std::vector<std::string_view> parks;
    };
    using Ids = std::unordered_set<std::string>;

    [[nodiscard]] static std::vector<Wanted> wanted_by(const MirrorBatch& batch);
    void find_links(MirrorBatch& batch, const Wanted& wanted);
    [[nodiscard]] bool may_have_quarantined(const Entity& target);
    /// Returns the ids of targets that are in quarantine.
    [[nodiscard]] Ids forget_quarantined(MirrorBatch& batch, const Wanted& wanted);
    void make_missing(MirrorBatch& batch, const Wanted& wanted, const Ids& quarantined);
    void take_made(MirrorBatch& batch, const Entity& target, MirrorBatch& made) const;

    const BatchContext& context_;
    const MakeChildren make_children_;
    /// Links of entities that are mirrored with their park: few, and asked for again and again.
    platform::Guarded<std::unordered_map<std::string, Link>> lasting_links_;
    /// Until when the quarantine of an entity counts as empty, on the monotonic clock: it was empty shortly before.
    platform::Guarded<std::unordered_map<const Entity*, std::chrono::nanoseconds>> empty_quarantines_;
    /// Held while children are made.
    std::mutex making_;
};

}  // namespace twinfleet::mirroring
