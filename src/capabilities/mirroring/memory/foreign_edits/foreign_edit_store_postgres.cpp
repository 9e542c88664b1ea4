#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"

#include "capabilities/mirroring/memory/schema/values_postgres.hpp"

namespace twinfleet::mirroring {

std::vector<ForeignEditRecord> PostgresForeignEditStore::list(const ForeignEditFilter& filter) {
    std::vector<std::string> parameters{stored::limit(filter.limit)};
    const auto parameter = [&](std::string value) {
        parameters.push_back(std::move(value));
        return "$" + std::to_string(parameters.size());
    };
    std::string condition = "id > " + parameter(std::to_string(filter.after_id));
    if (!filter.entity.empty()) {
        condition += " AND entity = " + parameter(stored::text(filter.entity));
    }
    if (!filter.family.empty()) {
        condition += " AND family = " + parameter(stored::text(filter.family));
    }
    if (filter.since) {
        condition += " AND found_at >= " + std::string(stored::time_of_microseconds) +
                     parameter(stored::microseconds(*filter.since)) + "::bigint";
    }
    const std::string select =
        "SELECT id, entity, family, key, kind, parent_id, parent_park_id, child_id, child_park_id, fields::text,"
        " extract(epoch FROM found_at) FROM fleet_sync.foreign_edits WHERE " +
        condition;
    const std::string in_order = " ORDER BY id LIMIT $1";
    std::string sql = select + in_order;
    if (!filter.park_id.empty()) {
        // One index for each, instead of all records until enough are of this park.
        const std::string park = parameter(stored::text(filter.park_id));
        sql = "SELECT * FROM ((" + select + " AND parent_park_id = " + park + in_order + ") UNION ALL (" + select +
              " AND child_park_id = " + park + in_order + ")) AS of_park" + in_order;
    }
    return pool_.transact([&](pqxx::work& transaction) {
        std::vector<ForeignEditRecord> records;
        const auto rows = transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters));
        for (auto row = rows.begin(); row != rows.end(); ++row) {
            stored::Columns columns(row);
            ForeignEditRecord& record = records.emplace_back();
            record.id = columns.number<std::int64_t>();
            record.entity = columns.text();
            record.family = columns.text();
            record.edit.key = columns.text();
            record.edit.kind = columns.text() == "removed" ? ForeignEdit::Kind::removed : ForeignEdit::Kind::changed;
            record.edit.parent_id = domain::ParentId(columns.text());
            record.edit.parent_park_id = domain::ParentParkId(columns.text());
            record.edit.child_id = domain::ChildId(columns.text());
            record.edit.child_park_id = domain::ChildParkId(columns.text());
            record.edit.fields = columns.text();
            record.found_at = columns.time();
        }
        return records;
    });
}

std::size_t PostgresForeignEditStore::prune(std::chrono::hours kept_for, std::size_t limit) {
    return pool_.transact([&](pqxx::work& transaction) -> std::size_t {
        return transaction
            .exec_params(
                "DELETE FROM fleet_sync.foreign_edits WHERE id = ANY(ARRAY("
                "SELECT id FROM fleet_sync.foreign_edits WHERE found_at < now() - interval '1 hour' * $1::bigint"
                " ORDER BY found_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
                std::to_string(kept_for.count()), stored::limit(limit))
            .affected_rows();
    });
}

void keep_foreign_edits(pqxx::work& transaction, const std::string& entity, const std::string& family,
                        std::span<const ForeignEdit> edits) {
    const auto column = [&](auto projection) { return stored::text_array(edits, projection); };
    transaction.exec_params(
        "INSERT INTO fleet_sync.foreign_edits"
        " (entity, family, key, kind, parent_id, parent_park_id, child_id, child_park_id, fields)"
        " SELECT $1, $2, key, kind, parent_id, parent_park_id, child_id, child_park_id, fields::jsonb"
        " FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])"
        " AS edit (key, kind, parent_id, parent_park_id, child_id, child_park_id, fields)"
        " ON CONFLICT (key) DO NOTHING",
        entity, family, column(&ForeignEdit::key),
        stored::text_array(edits, [](const ForeignEdit& edit) { return std::string(to_string(edit.kind)); }),
        stored::text_array(edits, [](const ForeignEdit& edit) -> const std::string& { return edit.parent_id.value(); }),
        stored::text_array(edits,
                           [](const ForeignEdit& edit) -> const std::string& { return edit.parent_park_id.value(); }),
        stored::text_array(edits, [](const ForeignEdit& edit) -> const std::string& { return edit.child_id.value(); }),
        stored::text_array(edits,
                           [](const ForeignEdit& edit) -> const std::string& { return edit.child_park_id.value(); }),
        column(&ForeignEdit::fields));
}

}  // namespace twinfleet::mirroring
