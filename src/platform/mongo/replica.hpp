#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "platform/bson/view.hpp"

namespace twinfleet::mongo {

/// The server that answers a read, and how old its answer is.
struct Replica {
    /// For FindOptions::server_id. nullopt: the primary, or the only server there is.
    std::optional<std::uint32_t> server_id;
    /// How far the data that the read sees is behind the primary: every write that a majority of the replica set had
    /// acknowledged longer ago than this is in it. 0 for the primary.
    std::chrono::milliseconds behind{0};

    /// How far a secondary is behind, by its own answer to `hello` and by the one of the primary that was asked before
    /// (mongodb.com/docs/manual/reference/command/hello, `lastWrite`). When the secondary knows a majority to have
    /// everything that the primary had written when it answered, that is 0, even if nothing was written for long.
    /// Otherwise it is the age of the last write that the secondary knows a majority to have, by the primary's clock.
    /// nullopt when one of the answers does not tell.
    [[nodiscard]] static std::optional<std::chrono::milliseconds> lag_of(bson::View secondary, bson::View primary);
};

}  // namespace twinfleet::mongo
