#include "capabilities/mirroring/memory/changes/link_changes_postgres.hpp"

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/links/link_lookup.hpp"

namespace twinfleet::mirroring {
namespace {

struct Ends {
    std::int64_t last = 0;
    std::int64_t forgotten_until = 0;
};

Ends ends_of(postgres::Transaction& transaction, const Entity& entity) {
    const auto rows = transaction.execute(
        "SELECT last_position, forgotten_until FROM fleet_sync.link_change_positions WHERE entity = $1", entity.name);
    if (rows.empty()) {
        return {};
    }
    postgres::Row row = rows[0];
    // Braces: evaluated in the order of the columns.
    return {.last = row.number<std::int64_t>(), .forgotten_until = row.number<std::int64_t>()};
}

}  // namespace

void PostgresLinkChanges::number(const Entity& entity) {
    const bool has_new = pool_.transact([&](postgres::Transaction& transaction) {
        return transaction
            .execute("SELECT EXISTS (SELECT FROM fleet_sync.link_changes WHERE entity = $1 AND last_position IS NULL)",
                     entity.name)
            .only_value<bool>();
    });
    if (!has_new) {
        return;
    }
    pool_.transact([&](postgres::Transaction& transaction) {
        // Each statement has to see what was committed before it, also while this one waited for another reader.
        transaction.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
        transaction.execute(
            "INSERT INTO fleet_sync.link_change_positions (entity) VALUES ($1) ON CONFLICT (entity) DO NOTHING",
            entity.name);
        const auto last = transaction
                              .execute(
                                  "SELECT last_position FROM fleet_sync.link_change_positions WHERE entity = $1"
                                  " FOR UPDATE",
                                  entity.name)
                              .only_value<std::int64_t>();
        transaction.execute(
            "WITH numbered AS (UPDATE fleet_sync.link_changes AS change SET last_position = $2::bigint + until.count"
            " FROM (SELECT id, sum(link_count) OVER (ORDER BY id) AS count FROM fleet_sync.link_changes"
            "       WHERE entity = $1 AND last_position IS NULL) AS until"
            " WHERE change.id = until.id RETURNING change.last_position)"
            " UPDATE fleet_sync.link_change_positions"
            " SET last_position = greatest(last_position, (SELECT max(last_position) FROM numbered))"
            " WHERE entity = $1",
            entity.name, last);
    });
}

std::optional<LinkChangesRead> PostgresLinkChanges::read(const Entity& entity, std::optional<std::int64_t> after,
                                                         std::size_t limit) {
    number(entity);
    return pool_.transact([&](postgres::Transaction& transaction) -> std::optional<LinkChangesRead> {
        // One snapshot: what is pruned in between must not look like a gap.
        transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        const Ends ends = ends_of(transaction, entity);
        const std::int64_t from = after.value_or(ends.forgotten_until);
        if (from < ends.forgotten_until || from > ends.last) {
            return std::nullopt;
        }
        LinkChangesRead read{.changes = {}, .next = from};
        for (postgres::Row row : transaction.execute(
                 "SELECT * FROM (SELECT batch.last_position - batch.link_count + link.ordinality AS place,"
                 " batch.family, link.parent_id, link.parent_park_id, link.child_id, link.child_park_id, batch.state,"
                 " extract(epoch FROM batch.at)"
                 " FROM (SELECT * FROM fleet_sync.link_changes WHERE entity = $1 AND last_position > $2::bigint"
                 // Positions have no gaps: the batches up to the one that reaches the limit, and no other is unpacked.
                 "       AND last_position <= coalesce((SELECT min(next.last_position) FROM fleet_sync.link_changes"
                 "       AS next WHERE next.entity = $1 AND next.last_position >= $2::bigint + $3), "
                 "9223372036854775807)"
                 "       ORDER BY last_position LIMIT $3) AS batch"
                 " CROSS JOIN LATERAL unnest(batch.parent_ids, batch.parent_park_ids, batch.child_ids,"
                 " batch.child_park_ids) WITH ORDINALITY"
                 " AS link (parent_id, parent_park_id, child_id, child_park_id, ordinality)) AS change"
                 " WHERE place > $2::bigint ORDER BY place LIMIT $3",
                 entity.name, from, postgres::limit(limit))) {
            // Braces: evaluated in the order of the columns.
            read.changes.push_back(LinkChange{.position = row.number<std::int64_t>(),
                                              .family = std::string(row.text()),
                                              .parent_id = domain::ParentId(row.text()),
                                              .parent_park_id = domain::ParentParkId(row.text()),
                                              .child_id = domain::ChildId(row.text()),
                                              .child_park_id = domain::ChildParkId(row.text()),
                                              .state = link_state_of(row.text()),
                                              .at = row.time()});
        }
        if (!read.changes.empty()) {
            read.next = read.changes.back().position;
        }
        return read;
    });
}

std::int64_t PostgresLinkChanges::last_position(const Entity& entity) {
    number(entity);
    return pool_.transact([&](postgres::Transaction& transaction) { return ends_of(transaction, entity).last; });
}

void PostgresLinkChanges::prune(std::chrono::hours kept_for) {
    for (const Entity& entity : entities()) {
        number(entity);
        pool_.transact([&](postgres::Transaction& transaction) {
            transaction.execute(
                "WITH forgotten AS (DELETE FROM fleet_sync.link_changes WHERE entity = $1 AND last_position IS NOT NULL"
                " AND at < now() - interval '1 hour' * $2::bigint RETURNING last_position)"
                " UPDATE fleet_sync.link_change_positions"
                " SET forgotten_until = greatest(forgotten_until, (SELECT max(last_position) FROM forgotten))"
                " WHERE entity = $1",
                entity.name, kept_for.count());
        });
    }
}

}  // namespace twinfleet::mirroring
