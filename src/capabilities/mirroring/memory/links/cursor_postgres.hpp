#pragma once

#include <optional>
#include <string>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "platform/postgres/transaction.hpp"

/// The cursors of incremental passes in the table `fleet_sync.job_cursors`, read and moved within a transaction.
namespace twinfleet::mirroring {

/// nullopt when the entity has no cursor in this family.
[[nodiscard]] std::optional<Cursor> read_cursor(postgres::Transaction& transaction, const std::string& entity,
                                                const std::string& family);
/// Stores the cursor, but never moves a stored one back: the position has a Timestamp and a Date, and of each the
/// greater value stays.
void move_cursor(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                 const Cursor& cursor);
/// Stores BatchOutcome::caught_up_at. Never moves it back, and does nothing where there is no cursor.
void note_caught_up(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                    Time caught_up_at);

}  // namespace twinfleet::mirroring
