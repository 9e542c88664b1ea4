#pragma once

#include "capabilities/access_control/child_parks/park_memory.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

/// In `access_control.parks`.
class PostgresParkMemory final : public ParkMemory {
public:
    explicit PostgresParkMemory(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::optional<bool> recall_is_child(const ParkId& park_id) override;
    void remember(const ParkId& park_id, bool is_child) override;

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::access_control
