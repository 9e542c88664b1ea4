#pragma once

#include <span>

#include "capabilities/mirroring/memory/erasures/erasure_store.hpp"
#include "capabilities/mirroring/passes/child_writer.hpp"

namespace twinfleet::mirroring {

/// Erases one child (Projector::erasure()) and retires its link.
class ChildErasure final : public ChildChange {
public:
    /// All arguments outlive this. A link that is retired is added to the outcome.
    ChildErasure(const BatchContext& context, const Link& link, BatchOutcome& outcome, ErasedCounts& removed);

    /// What is in the way, as a code: somebody keeps writing the child, or may be about to insert it, or the store
    /// refuses the write. Empty when nothing is. Throws what the stores throw.
    [[nodiscard]] std::string erase();

    [[nodiscard]] const Link& link_at(std::size_t /*position*/) const override { return link_; }
    [[nodiscard]] ChildWrites decide(std::span<const std::size_t> positions, ChildrenRead& read) override;
    [[nodiscard]] bool take(std::size_t position, ChildWriteKind kind, WriteOutcome outcome) override;

private:
    void add_retired();

    const BatchContext& context_;
    const Link& link_;
    BatchOutcome& outcome_;
    ErasedCounts& removed_;
    std::string problem_;

    // Of the attempt under way.
    std::int64_t token_ = 0;
    std::size_t fields_ = 0;
};

}  // namespace twinfleet::mirroring
