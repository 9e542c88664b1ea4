#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace twinfleet::mirroring {

/// Some writes of a batch, by their places in the batch.
using WritePlaces = std::span<const std::size_t>;

/// Sends the writes 0 ... count-1 of a batch so that a document which the server cannot take (a poison) stops no other
/// write.
///
/// At such a document a server refuses the whole command that holds it, or drops the connection. A part of the batch
/// that is refused as a whole, or at which the connection breaks `breaks_max` times in a row, is divided until the
/// poison is alone, and `refuse` is called with its place.
///
/// Nothing else raises a suspicion. A server that does not answer in time, that is no longer the primary, or that has
/// written but lacks the members to acknowledge it says nothing about the documents: this passes through at once, as
/// platform::StoreUnavailable, for the caller to repeat the whole batch. What was written by then is found by that.
///
/// - `send` sends the writes of one part and notes by itself what became of each. It throws platform::StoreUnavailable
///   (platform::ConnectionBroken, if it was just that) or platform::StoreRefused when the part failed as a whole, and
///   may be called again for writes that have reached the store already.
/// - `check_store` is a harmless write with the same write concern. It is called whenever a suspicion arises. What it
///   throws passes through, so that no document is blamed when the store takes no writes at all. Refusals because
///   rights or space are lacking pass through as well.
void send_isolating_poison(std::size_t count, std::size_t breaks_max, const std::function<void(WritePlaces)>& send,
                           const std::function<void()>& check_store, const std::function<void(std::size_t)>& refuse);

/// Whether a refusal with this code says nothing about the document: the store lacks space or members, or the caller
/// lacks the right to write.
[[nodiscard]] bool concerns_whole_store(int mongo_code) noexcept;

}  // namespace twinfleet::mirroring
