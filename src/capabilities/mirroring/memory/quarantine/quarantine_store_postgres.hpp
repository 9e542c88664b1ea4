#pragma once

#include <span>
#include <string>

#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// The quarantine in the table `fleet_sync.quarantine`. Errors as of postgres::Pool.
class PostgresQuarantineStore final : public QuarantineStore {
public:
    explicit PostgresQuarantineStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::vector<QuarantineEntry> list(const QuarantineFilter& filter) override;
    std::size_t drop(const std::vector<std::int64_t>& ids) override;

private:
    postgres::Pool& pool_;
};

/// Puts parents into quarantine within the transaction of the batch that met them. An entry that is there keeps its
/// `since` and gets a new `last_try_at`. When a parent is named twice, the last reason counts.
void put_aside(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
               std::span<const Quarantined> parents);
/// Takes parents out of quarantine within the transaction of the batch that mirrored them. It is not an error when they
/// are not in it.
void release_from_quarantine(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                             std::span<const std::string> ids);

}  // namespace twinfleet::mirroring
