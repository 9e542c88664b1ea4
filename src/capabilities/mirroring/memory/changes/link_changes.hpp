#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

/// One change of a link: its child has come to be, was switched off or on, or has moved with its parent (contract,
/// section 4). The link is told as the change left it.
struct LinkChange {
    /// Where the change stands among those of its entity: from 1, each position once, the later the greater.
    std::int64_t position = 0;
    std::string family;
    domain::ParentId parent_id;
    domain::ParentParkId parent_park_id;
    domain::ChildId child_id;
    domain::ChildParkId child_park_id;
    /// Never `reserved`: a link is told once its child is there.
    LinkState state = LinkState::linked;
    /// When the transaction of the change began, by the clock of the store. A later position may have an earlier time.
    Time at{};
};

/// The changes behind a position.
struct LinkChangesRead {
    /// In order of position, without a gap.
    std::vector<LinkChange> changes;
    /// Behind which position to read next: that of the last of these changes, or where this read began.
    std::int64_t next = 0;
};

/// The changes of links, in an order in which none is ever skipped: whoever has read up to a position has seen every
/// change that will ever stand before it, in whatever order transactions began and ended. Changes are kept for some
/// time only. Throws platform::StoreUnavailable and platform::StoreRefused; safe to use from several threads.
class LinkChanges {
public:
    LinkChanges() = default;
    LinkChanges(const LinkChanges&) = delete;
    LinkChanges& operator=(const LinkChanges&) = delete;
    virtual ~LinkChanges() = default;

    /// The next changes behind `after`, at most `limit` of them; without `after`, from the oldest that is kept. Returns
    /// nullopt for a position that says nothing here: changes behind it are no longer kept, or it was never given,
    /// which happens when the store was set back to an older copy.
    [[nodiscard]] virtual std::optional<LinkChangesRead> read(const Entity& entity, std::optional<std::int64_t> after,
                                                              std::size_t limit) = 0;
    /// The position of the latest change; 0 when there was none yet.
    [[nodiscard]] virtual std::int64_t last_position(const Entity& entity) = 0;
    /// Forgets changes that are older than `kept_for`, of all entities, whether or not anybody has read them.
    virtual void prune(std::chrono::hours kept_for) = 0;
};

}  // namespace twinfleet::mirroring
