#pragma once

#include "capabilities/mirroring/memory/changes/link_changes.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// The changes of links in `fleet_sync.link_changes`, which triggers of the link tables write. Errors as of
/// postgres::Pool.
///
/// Positions are given here and not by the writers: a number that a transaction takes while it runs says nothing of
/// those that end before it with a greater one. Whoever reads first numbers what has been committed by then, one reader
/// at a time, and commits that; so what is committed later stands behind everything that anybody has seen. No writer
/// waits for a reader, and no reader for a transaction that has not ended.
class PostgresLinkChanges final : public LinkChanges {
public:
    explicit PostgresLinkChanges(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::optional<LinkChangesRead> read(const Entity& entity, std::optional<std::int64_t> after,
                                                      std::size_t limit) override;
    [[nodiscard]] std::int64_t last_position(const Entity& entity) override;
    void prune(std::chrono::hours kept_for) override;

private:
    /// Gives positions to what has been committed and has none.
    void number(const Entity& entity);

    postgres::Pool& pool_;
};

}  // namespace twinfleet::mirroring
