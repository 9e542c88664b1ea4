#pragma once

#include <optional>
#include <string>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "platform/postgres/transaction.hpp"

/// The table `fleet_sync.job_cursors`.
namespace twinfleet::mirroring {

[[nodiscard]] std::optional<Cursor> read_cursor(postgres::Transaction& transaction, const std::string& entity,
                                                const std::string& family);
/// Never moves a stored cursor back: the greater of both values counts, each for itself.
void move_cursor(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                 const Cursor& cursor);
/// See BatchOutcome::caught_up_at. Never moves back; does nothing where there is no cursor.
void note_caught_up(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                    Time caught_up_at);

}  // namespace twinfleet::mirroring
