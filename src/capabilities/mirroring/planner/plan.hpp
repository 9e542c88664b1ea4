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
    /// Whether the park has a child that exists, or that existed until it was retired.
    bool is_mirrored = false;
    /// Whether the child of the park is retired, because the park itself is gone.
    bool is_retired = false;
    /// Whether the child of the park is kept retired although the park is there (Link::kept_retired). It counts as
    /// retired, even before it is.
    bool is_kept_retired = false;
    /// Whether the park is in quarantine.
    bool is_quarantined = false;
    /// Whether the park is itself a child, of whichever family.
    bool is_child = false;
    /// The id of the child; empty when there is none.
    std::string child_park_id;
};

/// What is known of a parent's child: nothing, that it does not exist, or its document.
struct ChildRead {
    enum class State : std::uint8_t { not_read, missing, present };
    State state = State::not_read;
    bson::View document;
};

/// What is to become of a parent, as far as that can be told without projecting it.
struct Decision {
    enum class Kind : std::uint8_t {
        skip,        ///< nothing: the parent is not to be mirrored, or is a child itself
        quarantine,  ///< the parent cannot be mirrored: see reason
        mirror,      ///< the parent has, or is to have, a child that is in step with it
        retire,      ///< the parent has left the mirrored parks: its child is to be switched off
    };
    Kind kind = Kind::skip;
    /// Why the parent cannot be mirrored, as a code of the contract; for `quarantine` only.
    std::string reason;

    [[nodiscard]] bool is_to_be_mirrored() const noexcept { return kind == Kind::mirror; }
};

/// One parent, with everything that decides what becomes of it.
struct Candidate {
    const ParentFacts* parent = nullptr;
    /// The link of the parent; nullptr when it has none.
    const Link* link = nullptr;
    /// The id that the child gets if the parent has no link yet.
    std::string_view proposed_child_id;
    /// How the park of the parent stands; nullptr when the parent is a park itself.
    const ParkStanding* park = nullptr;
    /// For parks only: whether the configuration by city enables the park.
    bool is_enabled = false;
    /// Whether the data of the person is erased, or is to be: he says so himself, or somebody has asked for it.
    bool is_erased = false;
    /// The result of decide() for all of the above; nullptr when plan() is to call decide().
    const Decision* decision = nullptr;
    ChildRead child;
};

/// The logins that are in use among all parks. The value is the id of the park that uses a login.
using LoginOwners = std::unordered_map<std::string, std::string>;

/// What the caller of the planner wants.
struct PlanRules {
    /// Whether parents of on-demand entities that have no child get one.
    bool create_missing = false;
    /// Whether a parent was asked for by its id. It then gets a child even if it is switched off.
    bool create_by_name = false;
    /// Whether every child is to be compared with its parent, not only those whose source hash says that something has
    /// changed.
    bool read_every_child = false;
};

/// What has to be done next for one parent.
enum class Step : std::uint8_t {
    skip,        ///< nothing: the parent is not to be mirrored, or is a child itself
    quarantine,  ///< the parent cannot be mirrored: see reason
    switch_off,  ///< nor can this one, but it is switched off, and its child has to be, too: see reason and difference
    reserve,     ///< the parent needs a link first
    create,      ///< the child is to be inserted
    read_child,  ///< the child has to be read before a plan can be made
    unchanged,   ///< the child equals the projection of its parent
    update,      ///< the child differs from the projection: see difference
    retire,      ///< the parent has left the mirrored parks
};

/// What the planner says about one parent.
struct Operation {
    Step step = Step::skip;
    /// For `quarantine` and `switch_off`: a code of the contract.
    std::string reason;
    /// What the child should hold; for the steps from `reserve` to `update`.
    Projection projection;
    /// How the child differs from that; for `update`, and for `switch_off` once the child was read, where it is the one
    /// field that switches the child off. Looks into the child that was read and into the projection or the parent.
    Difference difference;
};

/// The first half of planning, for which neither references nor children need to be known. A pure function.
[[nodiscard]] Decision decide(const Entity& entity, const Candidate& candidate, const PlanRules& rules);

/// The second half of planning: what would make the children equal to the projection of their parents. Returns one
/// operation for each candidate, in the same order. A pure function; every way of mirroring (incremental, full, on
/// demand, dry run, verification) calls it.
[[nodiscard]] std::vector<Operation> plan(const Projector& projector, std::span<const Candidate> candidates,
                                          const ReferenceTable& references, const LoginOwners& login_owners,
                                          const PlanRules& rules);

/// The login that the child of a park gets (contract, section 1), where `login_owners` are the logins in use.
[[nodiscard]] std::string login_of_child(std::string_view parent_login, const domain::AppFamily& family,
                                         std::string_view child_id, const LoginOwners& login_owners);

}  // namespace twinfleet::mirroring
