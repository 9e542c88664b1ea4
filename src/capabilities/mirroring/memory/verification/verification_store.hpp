#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/link.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::mirroring {

/// The two ways through an entity: one link after the other, then every document of the source.
enum class VerifyPhase : std::uint8_t { links, source };

/// How far a verification of several families and entities has come. What it looked at before need not be looked at
/// again.
struct VerifyPosition {
    std::string family;
    std::string entity;
    VerifyPhase phase = VerifyPhase::links;
    /// The last parent whose link was looked at; none yet.
    std::optional<domain::ParentId> after;
    /// Since its beginning.
    std::uint64_t checked = 0;
    std::uint64_t differences = 0;
    Time began_at{};
};

/// How old what is known of one job and family is, by the clock of the store.
struct JobAges {
    std::string entity;
    std::string family;
    /// Since the last complete verifying round began; without one, since the first link was made.
    std::chrono::duration<double> verified{};
    /// Since the cursor moved; without one, since the first link was made or looked for.
    std::chrono::duration<double> cursor{};
};

/// What is remembered of verifications.
class VerificationStore {
public:
    VerificationStore() = default;
    VerificationStore(const VerificationStore&) = delete;
    VerificationStore& operator=(const VerificationStore&) = delete;
    virtual ~VerificationStore() = default;

    /// Where the verification of `scope`, which is any text that says what is verified, stands; nullopt: at its
    /// beginning. Positions that have not moved for longer than `age_max` are forgotten.
    [[nodiscard]] virtual std::optional<VerifyPosition> position(const std::string& scope,
                                                                 std::chrono::hours age_max) = 0;
    virtual void keep_position(const std::string& scope, const VerifyPosition& position) = 0;
    virtual void forget_position(const std::string& scope) = 0;

    /// Whether the full round of that number reads every child, which it does when the last round that did so began at
    /// least `interval` before it. Decided once for each round, so that all its shards do the same.
    [[nodiscard]] virtual bool decide_round(const Entity& entity, const domain::AppFamily& family, std::int64_t round,
                                            Time began_at, std::chrono::milliseconds interval) = 0;
    /// Remembers that a round that began at `began_at` has compared every child of the entity with its parent and put
    /// it right. Changes nothing when a round that began later is known.
    virtual void round_completed(const Entity& entity, const domain::AppFamily& family, Time began_at) = 0;
    /// For every entity and each of the families.
    [[nodiscard]] virtual std::vector<JobAges> ages(std::span<const domain::AppFamily> families) = 0;
};

}  // namespace twinfleet::mirroring
