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

/// The two parts of the verification of an entity: one link after the other, then every document of the source.
enum class VerifyPhase : std::uint8_t { links, source };

/// How far a verification of several families and entities has come. What lies before this position need not be looked
/// at again.
struct VerifyPosition {
    std::string family;
    std::string entity;
    VerifyPhase phase = VerifyPhase::links;
    /// The last parent whose link was looked at; nullopt when none was yet.
    std::optional<domain::ParentId> after;
    /// Children compared since the verification began, and how many of them differed.
    std::uint64_t checked = 0;
    std::uint64_t differences = 0;
    Time began_at{};
};

/// How long ago the children of one entity and family were verified, and how long its cursor has stood still, by the
/// clock of the store.
struct JobAges {
    std::string entity;
    std::string family;
    /// Time since the last complete verifying round began; when there was none, time since the first link was made.
    std::chrono::duration<double> verified{};
    /// Time since the cursor moved; when there is none, time since the first link was made or looked for.
    std::chrono::duration<double> cursor{};
};

/// Keeps how far verifications have come, and when rounds verified every child. Safe to use from any thread.
class VerificationStore {
public:
    VerificationStore() = default;
    VerificationStore(const VerificationStore&) = delete;
    VerificationStore& operator=(const VerificationStore&) = delete;
    virtual ~VerificationStore() = default;

    /// How far the verification of `scope` has come, which is any text that says what is verified; nullopt when it has
    /// not begun. A position that has not moved for longer than `age_max` is forgotten.
    [[nodiscard]] virtual std::optional<VerifyPosition> position(const std::string& scope,
                                                                 std::chrono::hours age_max) = 0;
    virtual void keep_position(const std::string& scope, const VerifyPosition& position) = 0;
    virtual void forget_position(const std::string& scope) = 0;

    /// Whether the full round with this number reads every child. It does when the last round that did so began at
    /// least `interval` before this one. Decided once for each round, so that all its shards do the same.
    [[nodiscard]] virtual bool decide_round(const Entity& entity, const domain::AppFamily& family, std::int64_t round,
                                            Time began_at, std::chrono::milliseconds interval) = 0;
    /// Records that a round that began at `began_at` has compared every child of the entity with its parent and put it
    /// right. Changes nothing when a round that began later is recorded.
    virtual void round_completed(const Entity& entity, const domain::AppFamily& family, Time began_at) = 0;
    /// The ages for every entity and each of these families.
    [[nodiscard]] virtual std::vector<JobAges> ages(std::span<const domain::AppFamily> families) = 0;
};

}  // namespace twinfleet::mirroring
