#pragma once

#include <span>
#include <string>

#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// The foreign edits in the table `fleet_sync.foreign_edits`. Errors as of postgres::Pool.
class PostgresForeignEditStore final : public ForeignEditStore {
public:
    explicit PostgresForeignEditStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::vector<ForeignEditRecord> list(const ForeignEditFilter& filter) override;
    std::size_t prune(std::chrono::hours kept_for, std::size_t limit) override;

private:
    postgres::Pool& pool_;
};

/// Adds records within the transaction of the batch that found them. A record whose key is known stays as it is.
void keep_foreign_edits(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                        std::span<const ForeignEdit> edits);

}  // namespace twinfleet::mirroring
