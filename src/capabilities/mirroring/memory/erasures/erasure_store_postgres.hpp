#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/erasures/erasure_store.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// The erasures in the table `fleet_sync.erasures`. Errors as of postgres::Pool.
class PostgresErasureStore final : public ErasureStore {
public:
    explicit PostgresErasureStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] Erasure request(const domain::ParentId& driver, std::string_view requested_by) override;
    void keep_links_retired(const domain::ParentId& driver) override;
    [[nodiscard]] std::vector<Erasure> pending(std::chrono::milliseconds retry_after, std::size_t limit) override;
    [[nodiscard]] std::chrono::duration<double> oldest_pending_age() override;
    [[nodiscard]] ErasedCounts forget(const domain::ParentId& driver) override;
    Erasure record_attempt(const domain::ParentId& driver, const ErasedCounts& removed, std::string_view problem,
                           std::chrono::milliseconds settled_after) override;

private:
    postgres::Pool& pool_;
};

/// Asks for the erasure of these parents within a transaction, and keeps their links retired in every family. Those who
/// were asked for before stay as they are.
void request_erasures(postgres::Transaction& transaction, const Entity& entity,
                      std::span<const domain::ParentId> parents, std::string_view requested_by);

}  // namespace twinfleet::mirroring
