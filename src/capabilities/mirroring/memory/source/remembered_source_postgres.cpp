#include "capabilities/mirroring/memory/source/remembered_source_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr auto select_marker = "SELECT marker FROM fleet_sync.source_cluster";

}  // namespace

std::optional<std::string> PostgresRememberedSource::marker() {
    return pool_.transact([](postgres::Transaction& transaction) -> std::optional<std::string> {
        const auto rows = transaction.execute(select_marker);
        return rows.empty() ? std::nullopt : std::optional(std::string(rows[0].text()));
    });
}

std::string PostgresRememberedSource::remember(const std::string& marker) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute("INSERT INTO fleet_sync.source_cluster (marker) VALUES ($1) ON CONFLICT DO NOTHING",
                            marker);
        // A statement of its own sees what another transaction has committed meanwhile.
        return transaction.execute(select_marker).only_value<std::string>();
    });
}

void PostgresRememberedSource::replace(const std::string& marker) {
    pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute(
            "INSERT INTO fleet_sync.source_cluster (marker) VALUES ($1)"
            " ON CONFLICT (is_only) DO UPDATE SET marker = excluded.marker, adopted_at = now()",
            marker);
    });
}

std::vector<std::string> PostgresRememberedSource::sample_of_children(const Entity& entity, std::size_t count_max) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        std::vector<std::string> ids;
        // Entities' names are from the program's own table.
        for (postgres::Row row : transaction.execute("SELECT child_id FROM fleet_sync.\"" + std::string(entity.name) +
                                                         "\" WHERE state = 'linked' LIMIT $1::bigint",
                                                     count_max)) {
            ids.emplace_back(row.text());
        }
        return ids;
    });
}

}  // namespace twinfleet::mirroring
