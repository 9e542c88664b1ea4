#include "capabilities/access_control/child_parks/park_memory_postgres.hpp"

namespace twinfleet::access_control {

std::optional<bool> PostgresParkMemory::recall_is_child(const ParkId& park_id) {
    const auto rows = pool_.transact([&](postgres::Transaction& transaction) {
        return transaction.execute("SELECT is_child FROM access_control.parks WHERE park_id = $1", park_id.value());
    });
    return rows.empty() ? std::nullopt : std::optional(rows[0].boolean());
}

void PostgresParkMemory::remember(const ParkId& park_id, bool is_child) {
    pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute(
            "INSERT INTO access_control.parks AS known (park_id, is_child) VALUES ($1, $2)"
            " ON CONFLICT (park_id) DO UPDATE SET is_child = true, heard_at = now()"
            " WHERE excluded.is_child AND NOT known.is_child",
            park_id.value(), is_child);
    });
}

}  // namespace twinfleet::access_control
