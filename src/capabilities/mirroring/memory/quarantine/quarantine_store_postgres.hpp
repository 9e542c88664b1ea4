#pragma once

#include <span>
#include <string>

#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// The table `fleet_sync.quarantine`. Entries come and go with the batches that meet them: see
/// PostgresLinkStore::record_outcome().
class PostgresQuarantineStore final : public QuarantineStore {
public:
    explicit PostgresQuarantineStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::vector<QuarantineEntry> list(const QuarantineFilter& filter) override;
    std::size_t drop(const std::vector<std::int64_t>& ids) override;

private:
    postgres::Pool& pool_;
};

/// Puts parents aside in the transaction of the batch that met them. A known entry keeps its `since` and gets a new
/// `last_try_at`; of a parent that is named twice the last word counts.
void put_aside(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
               std::span<const Quarantined> parents);
/// Takes parents out in the transaction of the batch that mirrored them. Not an error when they are not in.
void release_from_quarantine(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                             std::span<const std::string> ids);

}  // namespace twinfleet::mirroring
