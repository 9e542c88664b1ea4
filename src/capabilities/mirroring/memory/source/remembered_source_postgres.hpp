#pragma once

#include "capabilities/mirroring/memory/source/remembered_source.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// The marker in the table `fleet_sync.source_cluster`, which has one row at most. Errors as of postgres::Pool.
class PostgresRememberedSource final : public RememberedSource {
public:
    explicit PostgresRememberedSource(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::optional<std::string> marker() override;
    [[nodiscard]] std::string remember(const std::string& marker) override;
    void replace(const std::string& marker) override;
    [[nodiscard]] std::vector<std::string> sample_of_children(const Entity& entity, std::size_t count_max) override;

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::mirroring
