#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace twinfleet::mirroring {

/// Writes of a batch that travel together, by their places in the batch.
using WritePlaces = std::span<const std::size_t>;

/// Sends the writes 0 ... count-1 so that one poison among them stops only itself.
///
/// Some documents a server will not even answer for: it refuses the command that holds one as a whole, or drops the
/// connection (the embedded server does so at BSON types that it cannot read). A part that is refused as a whole, or at
/// which the connection breaks `breaks_max` times in a row, is divided until the poison is alone; that one is told to
/// `refuse`.
///
/// `send` says what came of its part by itself and throws platform::StoreUnavailable or platform::StoreRefused where
/// the part failed as a whole; it may be asked again for writes that have reached the store. `check_store` is a
/// harmless read: what it throws passes through, so a store that is away, or that lets nobody in, is never blamed on a
/// document. So do refusals for want of rights or space.
void send_isolating_poison(std::size_t count, std::size_t breaks_max, const std::function<void(WritePlaces)>& send,
                           const std::function<void()>& check_store, const std::function<void(std::size_t)>& refuse);

/// The refusal says nothing about the document: the store lacks space, or the caller the right to write.
[[nodiscard]] bool concerns_whole_store(int mongo_code) noexcept;

}  // namespace twinfleet::mirroring
