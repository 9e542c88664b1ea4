#include "capabilities/mirroring/memory/erasures/erasure_store_postgres.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/json/to_text.hpp"
#include "platform/postgres/array_literal.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr auto erasure_columns =
    "parent_id, extract(epoch FROM requested_at), requested_by, extract(epoch FROM erased_at),"
    " extract(epoch FROM completed_at), removed::text, problem";

ErasedCounts removed_of(std::string_view json) {
    const boost::json::object object = boost::json::parse(json).as_object();
    ErasedCounts counts;
    for_each_place(counts, [&](const char* place, std::uint64_t& count) {
        const boost::json::value* value = object.if_contains(place);
        count = value == nullptr ? 0 : value->to_number<std::uint64_t>();
    });
    return counts;
}

std::string to_text(const ErasedCounts& counts) {
    boost::json::object object;
    for_each_place(counts, [&](const char* place, std::uint64_t count) { object[place] = count; });
    return json::to_text(object);
}

Erasure read_erasure(postgres::Row row) {
    // Braces: evaluated in the order of the columns.
    return Erasure{.parent_id = domain::ParentId(row.text()),
                   .requested_at = row.time(),
                   .requested_by = std::string(row.text()),
                   .erased_at = row.optional_time(),
                   .completed_at = row.optional_time(),
                   .removed = removed_of(row.text()),
                   .problem = std::string(row.text())};
}

Erasure stored(postgres::Transaction& transaction, const domain::ParentId& driver) {
    const auto rows = transaction.execute(
        std::string("SELECT ") + erasure_columns + " FROM fleet_sync.erasures WHERE parent_id = $1 FOR UPDATE",
        driver.value());
    return read_erasure(rows.only_row());
}

/// In every family.
void keep_retired(postgres::Transaction& transaction, const Entity& entity, const std::string& ids) {
    // The primary key begins with the family; the few families are taken one after the other. Entities' names are from
    // the program's own table.
    const std::string table = "fleet_sync.\"" + std::string(entity.name) + "\"";
    transaction.execute("WITH RECURSIVE families AS (SELECT min(family) AS family FROM " + table +
                            " UNION ALL SELECT (SELECT min(next.family) FROM " + table +
                            " AS next WHERE next.family > families.family) FROM families"
                            " WHERE families.family IS NOT NULL)"
                            " UPDATE " +
                            table +
                            " AS link SET kept_retired = 'erased' FROM families WHERE link.family = families.family"
                            " AND link.parent_id = ANY($1::text[]) AND link.kept_retired IS DISTINCT FROM 'erased'",
                        ids);
}

}  // namespace

void request_erasures(postgres::Transaction& transaction, const Entity& entity,
                      std::span<const domain::ParentId> parents, std::string_view requested_by) {
    const std::string ids = postgres::array_of(parents, &domain::ParentId::value);
    transaction.execute(
        "INSERT INTO fleet_sync.erasures (parent_id, requested_by) SELECT DISTINCT id, $2 FROM unnest($1::text[]) AS id"
        " ORDER BY id ON CONFLICT (parent_id) DO NOTHING",
        ids, requested_by);
    keep_retired(transaction, entity, ids);
}

Erasure PostgresErasureStore::request(const domain::ParentId& driver, std::string_view requested_by) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        request_erasures(transaction, entity("drivers"), std::span(&driver, 1), requested_by);
        transaction.execute(
            "UPDATE fleet_sync.erasures SET erased_at = NULL, completed_at = NULL, requested_at = now(),"
            " requested_by = $2 WHERE parent_id = $1 AND completed_at IS NOT NULL",
            driver.value(), requested_by);
        return stored(transaction, driver);
    });
}

void PostgresErasureStore::keep_links_retired(const domain::ParentId& driver) {
    pool_.transact([&](postgres::Transaction& transaction) {
        keep_retired(transaction, entity("drivers"),
                     postgres::array_of(std::span(&driver, 1), &domain::ParentId::value));
    });
}

std::vector<Erasure> PostgresErasureStore::pending(std::chrono::milliseconds retry_after, std::size_t limit) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        std::vector<Erasure> found;
        for (postgres::Row row :
             transaction.execute(std::string("SELECT ") + erasure_columns +
                                     " FROM fleet_sync.erasures WHERE completed_at IS NULL AND (last_try_at IS NULL OR"
                                     " last_try_at <= now() - interval '1 millisecond' * $1::bigint)"
                                     " ORDER BY last_try_at NULLS FIRST, requested_at LIMIT $2",
                                 retry_after.count(), postgres::limit(limit))) {
            found.push_back(read_erasure(row));
        }
        return found;
    });
}

std::chrono::duration<double> PostgresErasureStore::oldest_pending_age() {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return std::chrono::duration<double>(
            transaction
                .execute("SELECT coalesce(extract(epoch FROM now() - min(requested_at)), 0)::float8"
                         " FROM fleet_sync.erasures WHERE completed_at IS NULL")
                .only_value<double>());
    });
}

ErasedCounts PostgresErasureStore::forget(const domain::ParentId& driver) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        const std::string_view drivers = entity("drivers").name;
        ErasedCounts removed;
        removed.foreign_edits =
            transaction
                .execute("DELETE FROM fleet_sync.foreign_edits WHERE parent_id = $1 AND entity = $2", driver.value(),
                         drivers)
                .affected_rows();
        removed.quarantine_entries = transaction
                                         .execute(
                                             "DELETE FROM fleet_sync.quarantine WHERE entity = $2"
                                             " AND fleet_sync.text_digest(parent_id) = fleet_sync.text_digest($1)",
                                             driver.value(), drivers)
                                         .affected_rows();
        return removed;
    });
}

Erasure PostgresErasureStore::record_attempt(const domain::ParentId& driver, const ErasedCounts& removed,
                                             std::string_view problem, std::chrono::milliseconds settled_after) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        ErasedCounts sum = stored(transaction, driver).removed;
        sum += removed;
        const bool is_nothing = removed == ErasedCounts();
        transaction.execute(
            "UPDATE fleet_sync.erasures SET removed = $2::jsonb, problem = $3::text, last_try_at = now(),"
            " completed_at = CASE WHEN $3::text = '' AND $4::boolean"
            " AND erased_at <= now() - interval '1 millisecond' * $5::bigint THEN coalesce(completed_at, now())"
            " ELSE completed_at END,"
            " erased_at = CASE WHEN $3::text <> '' THEN NULL WHEN $4::boolean THEN coalesce(erased_at, now()) ELSE "
            "now() END"
            " WHERE parent_id = $1",
            driver.value(), to_text(sum), problem, is_nothing ? "true" : "false", settled_after.count());
        return stored(transaction, driver);
    });
}

}  // namespace twinfleet::mirroring
