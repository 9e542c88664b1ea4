#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"

#include "capabilities/mirroring/memory/schema/values_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

std::string number_array(const std::vector<std::int64_t>& numbers) {
    return stored::text_array(numbers, [](std::int64_t number) { return std::to_string(number); });
}

}  // namespace

std::vector<QuarantineEntry> PostgresQuarantineStore::list(const QuarantineFilter& filter) {
    std::vector<std::string> parameters;
    const auto parameter = [&](std::string value) {
        parameters.push_back(std::move(value));
        return "$" + std::to_string(parameters.size());
    };
    std::string sql =
        "SELECT id, entity, family, parent_id, parent_park_id, reason, extract(epoch FROM since),"
        " extract(epoch FROM last_try_at) FROM fleet_sync.quarantine WHERE id > " +
        parameter(std::to_string(filter.after_id)) + "::bigint";
    const auto require_equal = [&](std::string_view column, const std::string& value) {
        if (!value.empty()) {
            sql.append(" AND ").append(column).append(" = ").append(parameter(stored::text(value)));
        }
    };
    require_equal("entity", filter.entity);
    require_equal("family", filter.family);
    require_equal("parent_park_id", filter.parent_park_id);
    if (!filter.ids.empty()) {
        sql += " AND id = ANY(" + parameter(number_array(filter.ids)) + "::bigint[])";
    }
    if (filter.tried_before) {
        sql.append(" AND last_try_at < ").append(stored::time_of_microseconds);
        sql += parameter(stored::microseconds(*filter.tried_before)) + "::bigint";
    }
    sql += " ORDER BY id LIMIT " + parameter(stored::limit(filter.limit));

    return pool_.transact([&](pqxx::work& transaction) {
        const auto rows = transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters));
        std::vector<QuarantineEntry> entries;
        entries.reserve(rows.size());
        for (auto row = rows.begin(); row != rows.end(); ++row) {
            stored::Columns columns(row);
            QuarantineEntry& entry = entries.emplace_back();
            entry.id = columns.number<std::int64_t>();
            entry.entity = columns.text();
            entry.family = columns.text();
            entry.parent.parent_id = columns.text();
            entry.parent.parent_park_id = columns.text();
            entry.parent.reason = columns.text();
            entry.since = columns.time();
            entry.last_try_at = columns.time();
        }
        return entries;
    });
}

std::size_t PostgresQuarantineStore::drop(const std::vector<std::int64_t>& ids) {
    return pool_.transact([&](pqxx::work& transaction) {
        return std::size_t{
            transaction.exec_params("DELETE FROM fleet_sync.quarantine WHERE id = ANY($1::bigint[])", number_array(ids))
                .affected_rows()};
    });
}

}  // namespace twinfleet::mirroring
