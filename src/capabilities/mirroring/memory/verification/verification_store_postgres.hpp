#pragma once

#include "capabilities/mirroring/memory/verification/verification_store.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// What is kept of verifications, in the tables `fleet_sync.verify_positions` and `fleet_sync.verified_rounds`. Errors
/// as of postgres::Pool.
class PostgresVerificationStore final : public VerificationStore {
public:
    explicit PostgresVerificationStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::optional<VerifyPosition> position(const std::string& scope, std::chrono::hours age_max) override;
    void keep_position(const std::string& scope, const VerifyPosition& position) override;
    void forget_position(const std::string& scope) override;
    [[nodiscard]] bool decide_round(const Entity& entity, const domain::AppFamily& family, std::int64_t round,
                                    Time began_at, std::chrono::milliseconds interval) override;
    void round_completed(const Entity& entity, const domain::AppFamily& family, Time began_at) override;
    [[nodiscard]] std::vector<JobAges> ages(std::span<const domain::AppFamily> families) override;

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::mirroring
