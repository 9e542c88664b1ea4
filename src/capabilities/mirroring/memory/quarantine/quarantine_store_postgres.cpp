#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"

#include "platform/postgres/array_literal.hpp"

namespace twinfleet::mirroring {

std::vector<QuarantineEntry> PostgresQuarantineStore::list(const QuarantineFilter& filter) {
    postgres::Parameters parameters;
    std::string sql =
        "SELECT id, entity, family, parent_id, parent_park_id, reason, extract(epoch FROM since),"
        " extract(epoch FROM last_try_at) FROM fleet_sync.quarantine WHERE id > " +
        parameters.add(filter.after_id) + "::bigint";
    const auto require_equal = [&](std::string_view column, const std::string& value) {
        if (!value.empty()) {
            sql.append(" AND ").append(column).append(" = ").append(parameters.add(value));
        }
    };
    require_equal("entity", filter.entity);
    require_equal("family", filter.family);
    require_equal("parent_park_id", filter.parent_park_id);
    if (!filter.ids.empty()) {
        sql += " AND id = ANY(" + parameters.add(postgres::array_of(filter.ids)) + "::bigint[])";
    }
    if (filter.tried_before) {
        sql.append(" AND last_try_at < ").append(postgres::time_of_microseconds);
        sql += parameters.add(postgres::microseconds(*filter.tried_before)) + "::bigint";
    }
    sql += " ORDER BY id LIMIT " + parameters.add(postgres::limit(filter.limit));

    return pool_.transact([&](postgres::Transaction& transaction) {
        const auto rows = transaction.execute(sql, std::move(parameters).take());
        std::vector<QuarantineEntry> entries;
        entries.reserve(rows.size());
        for (postgres::Row row : rows) {
            QuarantineEntry& entry = entries.emplace_back();
            entry.id = row.number<std::int64_t>();
            entry.entity = row.text();
            entry.family = row.text();
            entry.parent.parent_id = row.text();
            entry.parent.parent_park_id = row.text();
            entry.parent.reason = row.text();
            entry.since = row.time();
            entry.last_try_at = row.time();
        }
        return entries;
    });
}

std::size_t PostgresQuarantineStore::drop(const std::vector<std::int64_t>& ids) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return transaction
            .execute("DELETE FROM fleet_sync.quarantine WHERE id = ANY($1::bigint[])", postgres::array_of(ids))
            .affected_rows();
    });
}

void put_aside(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
               std::span<const Quarantined> parents) {
    // DISTINCT ON: one statement cannot touch an entry twice. The last word on a parent counts.
    transaction.execute(
        "INSERT INTO fleet_sync.quarantine (entity, family, parent_id, parent_park_id, reason)"
        " SELECT $1, $2, parent_id, parent_park_id, reason FROM"
        " (SELECT DISTINCT ON (parent_id) * FROM unnest($3::text[], $4::text[], $5::text[])"
        " WITH ORDINALITY AS parent (parent_id, parent_park_id, reason, place) ORDER BY parent_id, place DESC) AS last"
        " ORDER BY place"
        " ON CONFLICT (entity, family, fleet_sync.text_digest(parent_id)) DO UPDATE SET"
        " parent_park_id = excluded.parent_park_id, reason = excluded.reason, last_try_at = excluded.last_try_at",
        entity, family, postgres::array_of(parents, &Quarantined::parent_id),
        postgres::array_of(parents, &Quarantined::parent_park_id), postgres::array_of(parents, &Quarantined::reason));
}

void release_from_quarantine(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                             std::span<const std::string> ids) {
    transaction.execute(
        "DELETE FROM fleet_sync.quarantine WHERE entity = $1 AND family = $2 AND fleet_sync.text_digest(parent_id) IN"
        " (SELECT fleet_sync.text_digest(id) FROM unnest($3::text[]) AS id)",
        entity, family, postgres::array_of(ids));
}

}  // namespace twinfleet::mirroring
