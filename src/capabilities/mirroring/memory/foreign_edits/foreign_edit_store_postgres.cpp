#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"

#include <functional>

#include "platform/postgres/array_literal.hpp"

namespace twinfleet::mirroring {

std::vector<ForeignEditRecord> PostgresForeignEditStore::list(const ForeignEditFilter& filter) {
    postgres::Parameters parameters;
    const std::string in_order = " ORDER BY id LIMIT " + parameters.add(postgres::limit(filter.limit));
    std::string condition = "id > " + parameters.add(filter.after_id);
    if (!filter.entity.empty()) {
        condition += " AND entity = " + parameters.add(filter.entity);
    }
    if (!filter.family.empty()) {
        condition += " AND family = " + parameters.add(filter.family);
    }
    if (filter.since) {
        condition += " AND found_at >= " + std::string(postgres::time_of_microseconds) +
                     parameters.add(postgres::microseconds(*filter.since)) + "::bigint";
    }
    const std::string select =
        "SELECT id, entity, family, key, kind, parent_id, parent_park_id, child_id, child_park_id, fields::text,"
        " extract(epoch FROM found_at) FROM fleet_sync.foreign_edits WHERE " +
        condition;
    std::string sql = select + in_order;
    if (!filter.park_id.empty()) {
        // One index for each, instead of all records until enough are of this park.
        const std::string park = parameters.add(filter.park_id);
        sql = "SELECT * FROM ((" + select + " AND parent_park_id = " + park + in_order + ") UNION ALL (" + select +
              " AND child_park_id = " + park + in_order + ")) AS of_park" + in_order;
    }
    return pool_.transact([&](postgres::Transaction& transaction) {
        std::vector<ForeignEditRecord> records;
        for (postgres::Row row : transaction.execute(sql, std::move(parameters).take())) {
            ForeignEditRecord& record = records.emplace_back();
            record.id = row.number<std::int64_t>();
            record.entity = row.text();
            record.family = row.text();
            record.edit.key = row.text();
            record.edit.kind = row.text() == "removed" ? ForeignEdit::Kind::removed : ForeignEdit::Kind::changed;
            record.edit.parent_id = domain::ParentId(row.text());
            record.edit.parent_park_id = domain::ParentParkId(row.text());
            record.edit.child_id = domain::ChildId(row.text());
            record.edit.child_park_id = domain::ChildParkId(row.text());
            record.edit.fields = row.text();
            record.found_at = row.time();
        }
        return records;
    });
}

std::size_t PostgresForeignEditStore::prune(std::chrono::hours kept_for, std::size_t limit) {
    return pool_.transact([&](postgres::Transaction& transaction) -> std::size_t {
        return transaction
            .execute(
                "DELETE FROM fleet_sync.foreign_edits WHERE id = ANY(ARRAY("
                "SELECT id FROM fleet_sync.foreign_edits WHERE found_at < now() - interval '1 hour' * $1::bigint"
                " ORDER BY found_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
                kept_for.count(), postgres::limit(limit))
            .affected_rows();
    });
}

void keep_foreign_edits(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                        std::span<const ForeignEdit> edits) {
    const auto ids = [&](auto member) {
        return postgres::array_of(
            edits, [&](const ForeignEdit& edit) -> const std::string& { return std::invoke(member, edit).value(); });
    };
    transaction.execute(
        "INSERT INTO fleet_sync.foreign_edits"
        " (entity, family, key, kind, parent_id, parent_park_id, child_id, child_park_id, fields)"
        " SELECT $1, $2, key, kind, parent_id, parent_park_id, child_id, child_park_id, fields::jsonb"
        " FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])"
        " AS edit (key, kind, parent_id, parent_park_id, child_id, child_park_id, fields)"
        " ON CONFLICT (key) DO NOTHING",
        entity, family, postgres::array_of(edits, &ForeignEdit::key),
        postgres::array_of(edits, [](const ForeignEdit& edit) { return to_string(edit.kind); }),
        ids(&ForeignEdit::parent_id), ids(&ForeignEdit::parent_park_id), ids(&ForeignEdit::child_id),
        ids(&ForeignEdit::child_park_id), postgres::array_of(edits, &ForeignEdit::fields));
}

}  // namespace twinfleet::mirroring
