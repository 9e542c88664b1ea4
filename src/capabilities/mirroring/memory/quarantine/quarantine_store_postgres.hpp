#pragma once

#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// `fleet_sync.quarantine`. Entries come and go with the batches that meet them: see PostgresLinkStore::commit().
class PostgresQuarantineStore final : public QuarantineStore {
public:
    explicit PostgresQuarantineStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::vector<QuarantineEntry> list(const QuarantineFilter& filter) override;
    std::size_t drop(const std::vector<std::int64_t>& ids) override;

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::mirroring
