#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "domain/identifier.hpp"

namespace twinfleet::mirroring {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// The hash of the content that a child should have: XXH3-128 (xxhash.com) in its canonical form. It tells whether
/// something was edited. It need not withstand somebody who looks for two contents with the same hash, since both
/// contents would be his own.
using SourceHash = std::array<std::uint8_t, 16>;

/// How far the child of a link has come (contract, section 2).
enum class LinkState : std::uint8_t {
    reserved,  ///< the child's id is taken; the child may or may not exist yet
    linked,    ///< the child exists
    retired,   ///< the parent is gone and the child is switched off
};

/// Why a child stays switched off although its parent lives.
enum class KeptRetired : std::uint8_t {
    on_purpose,  ///< somebody retired the park (the command `retire`), until the command takes that back
    erased,      ///< the data of the person was erased, for good
};

/// The stored pair (parent, child) of one entity in one family (contract, section 2).
struct Link {
    domain::ParentId parent_id;
    domain::ParentParkId parent_park_id;
    domain::ChildId child_id;
    domain::ChildParkId child_park_id;
    LinkState state = LinkState::reserved;
    /// The hash of what the child holds. Present only while the child is known to hold exactly that: a write in
    /// progress takes it away first.
    std::optional<SourceHash> source_hash;
    /// The `updated_ts` that the parent had when it was last mirrored. Of a BSON Timestamp, the ordinal counts as
    /// microseconds.
    std::optional<Time> source_updated_ts;
    /// When the link was made, and when its child was last brought into step.
    Time created_at{};
    Time synced_at{};
    /// Set: the child is `retired`, or about to be, and no pass brings it back. Set for a park, this holds for
    /// everything in it.
    std::optional<KeptRetired> kept_retired = std::nullopt;
};

}  // namespace twinfleet::mirroring
