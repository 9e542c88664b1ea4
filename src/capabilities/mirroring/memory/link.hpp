#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "domain/identifier.hpp"

namespace twinfleet::mirroring {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// XXH3-128 (xxhash.com), canonical form, of the content that a child should have. It tells whether something was
/// edited; it need not withstand somebody who looks for two contents of one hash, since both would be his own.
using SourceHash = std::array<std::uint8_t, 16>;

enum class LinkState : std::uint8_t {
    reserved,  ///< the child's id is taken; the child may or may not exist yet
    linked,    ///< the child exists
    retired,   ///< the parent is gone and the child is switched off
};

/// The stored pair (parent, child) of one entity in one family (contract, section 2).
struct Link {
    domain::ParentId parent_id;
    domain::ParentParkId parent_park_id;
    domain::ChildId child_id;
    domain::ChildParkId child_park_id;
    LinkState state = LinkState::reserved;
    /// Present only while the child is known to equal it: a write in progress takes it away first.
    std::optional<SourceHash> source_hash;
    /// The parent's `updated_ts` as last mirrored. The ordinal of a BSON Timestamp counts as microseconds.
    std::optional<Time> source_updated_ts;
    Time created_at{};
    Time synced_at{};
};

}  // namespace twinfleet::mirroring
