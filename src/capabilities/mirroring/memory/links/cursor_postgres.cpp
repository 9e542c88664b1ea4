#include "capabilities/mirroring/memory/links/cursor_postgres.hpp"

#include <cstdint>

#include "platform/bson/change_position.hpp"

namespace twinfleet::mirroring {

std::optional<Cursor> read_cursor(postgres::Transaction& transaction, const std::string& entity,
                                  const std::string& family) {
    const auto rows = transaction.execute(
        "SELECT source_timestamp, source_date_ms, configuration_fingerprint FROM fleet_sync.job_cursors"
        " WHERE entity = $1 AND family = $2",
        entity, family);
    if (rows.empty()) {
        return std::nullopt;
    }
    postgres::Row row = rows[0];
    Cursor cursor;
    if (const auto timestamp = row.optional_number<std::uint64_t>()) {
        cursor.position.timestamp = bson::unpacked(static_cast<std::int64_t>(*timestamp));
    }
    cursor.position.date_ms = row.optional_number<std::int64_t>();
    cursor.configuration_fingerprint = row.text();
    return cursor;
}

void move_cursor(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                 const Cursor& cursor) {
    std::optional<std::uint64_t> timestamp;
    if (const auto& reached = cursor.position.timestamp) {
        timestamp = static_cast<std::uint64_t>(bson::packed(*reached));
    }
    // greatest() passes over NULL.
    transaction.execute(
        "INSERT INTO fleet_sync.job_cursors AS known"
        " (entity, family, source_timestamp, source_date_ms, configuration_fingerprint) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (entity, family) DO UPDATE SET"
        " source_timestamp = greatest(known.source_timestamp, excluded.source_timestamp),"
        " source_date_ms = greatest(known.source_date_ms, excluded.source_date_ms),"
        " configuration_fingerprint = excluded.configuration_fingerprint, updated_at = now()",
        entity, family, timestamp, cursor.position.date_ms, cursor.configuration_fingerprint);
}

void note_caught_up(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                    Time caught_up_at) {
    transaction.execute("UPDATE fleet_sync.job_cursors SET caught_up_at = greatest(caught_up_at, " +
                            std::string(postgres::time_of_microseconds) +
                            "$3::bigint) WHERE entity = $1 AND family = $2",
                        entity, family, postgres::microseconds(caught_up_at));
}

}  // namespace twinfleet::mirroring
