#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace twinfleet::mirroring {

/// Writes of a batch that travel together, by their places in the batch.
using WritePlaces = std::span<const std::size_t>;

/// Sends the writes 0 ... count-1 so that a document which the server cannot stand (a poison) stops no other.
///
/// At such a document a server refuses the whole command that holds it, or drops the connection. A part of the batch
/// that is refused as a whole, or at which the connection breaks `breaks_max` times in a row, is divided until the
/// poison is alone, and `refuse` is called with its place.
///
/// - `send` sends the writes of one part and keeps by itself what became of each. It throws platform::StoreUnavailable
/// or
///   platform::StoreRefused where the part failed as a whole, and may be called again for writes that have reached the
///   store already.
/// - `check_store` is a harmless read. What it throws passes through, so that a store which is away, or lets nobody in,
/// is
///   never blamed on a document. Refusals for want of rights or space pass through as well.
void send_isolating_poison(std::size_t count, std::size_t breaks_max, const std::function<void(WritePlaces)>& send,
                           const std::function<void()>& check_store, const std::function<void(std::size_t)>& refuse);

/// Whether a refusal with this code says nothing about the document: the store lacks space, or the caller lacks the
/// right to write.
[[nodiscard]] bool concerns_whole_store(int mongo_code) noexcept;

}  // namespace twinfleet::mirroring
