#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capabilities/mirroring/policy/projection.hpp"

namespace twinfleet::mirroring {

/// The largest document that MongoDB stores (mongodb.com/docs/manual/reference/limits: BSON document size).
inline constexpr std::size_t document_bytes_max = std::size_t{16} * 1024 * 1024;

/// How the park of a parent stands in the mirror.
struct ParkStanding {
    /// It has a child that exists, or existed until it was retired.
    bool is_mirrored = false;
    /// Its child is retired, as the park itself is gone.
    bool is_retired = false;
    bool is_quarantined = false;
    /// It is itself a child, of whichever family.
    bool is_child = false;
    std::string child_park_id;
};

/// What is known of a parent's child: nothing, that it is missing, or its document.
struct ChildRead {
    enum class State : std::uint8_t { not_read, missing, present };
    State state = State::not_read;
    bson::View document;
};

/// What is to become of a parent, as far as that can be told without projecting it.
struct Decision {
    enum class Kind : std::uint8_t {
        skip,        ///< nothing: it is not to be mirrored, or is a child itself
        quarantine,  ///< it cannot be mirrored: see reason
        mirror,      ///< it has, or is to have, a child that is in step with it
        retire,      ///< it has left the mirrored parks: its child is to be switched off
    };
    Kind kind = Kind::skip;
    /// `quarantine` only: the contract's code.
    std::string reason;

    [[nodiscard]] bool is_to_be_mirrored() const noexcept { return kind == Kind::mirror; }
};

/// One parent, with everything that decides what becomes of it.
struct Candidate {
    const ParentFacts* parent = nullptr;
    /// nullptr when it has none.
    const Link* link = nullptr;
    /// The id that its child gets if it has no link yet.
    std::string_view proposed_child_id;
    /// For parks: nullptr.
    const ParkStanding* park = nullptr;
    /// Parks only: the configuration enables it.
    bool is_enabled = false;
    /// What decide() has said of all of the above; nullptr: plan() asks it.
    const Decision* decision = nullptr;
    ChildRead child;
};

/// Logins in use among all parks, with the id of the park that uses each.
using LoginOwners = std::unordered_map<std::string, std::string>;

struct PlanRules {
    /// Make children for parents of on-demand entities that have none.
    bool create_missing = false;
    /// The same for a parent that was asked for by name: it gets a child though it may be switched off.
    bool create_by_name = false;
    /// Every child is to be compared, not only those whose source hash says that something has changed.
    bool read_every_child = false;
};

enum class Step : std::uint8_t {
    skip,        ///< not to be mirrored, or a child itself
    quarantine,  ///< cannot be mirrored: see reason
    reserve,     ///< needs a link first
    create,      ///< the child is to be inserted
    read_child,  ///< the child has to be read before it can be told what is to be done
    unchanged,   ///< the child equals the projection
    update,      ///< the child differs: see difference
    retire,      ///< the parent has left the mirrored parks
};

struct Operation {
    Step step = Step::skip;
    std::string reason;
    /// From `reserve` to `update`.
    Projection projection;
    /// `update` only. Looks into the projection and the child that was read.
    Difference difference;
};

/// The first half of planning, for which neither references nor children need be known. Without I/O and clock.
[[nodiscard]] Decision decide(const Entity& entity, const Candidate& candidate, const PlanRules& rules);

/// The second half: what would make the children equal to the projection of their parents, one operation for each
/// candidate, in order. Without I/O and clock; every way of mirroring (incremental, full, on demand, dry run,
/// verification) asks this function.
[[nodiscard]] std::vector<Operation> plan(const Projector& projector, std::span<const Candidate> candidates,
                                          const ReferenceTable& references, const LoginOwners& login_owners,
                                          const PlanRules& rules);

/// The login of a park's child (contract, section 1).
[[nodiscard]] std::string login_of_child(std::string_view parent_login, const domain::AppFamily& family,
                                         std::string_view child_id, const LoginOwners& login_owners);

}  // namespace twinfleet::mirroring
