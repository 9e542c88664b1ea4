#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "capabilities/mirroring/passes/batch_mirror.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"

namespace twinfleet::mirroring {

enum class Execution : std::uint8_t {
    threads,  ///< reading, preparing, writing and committing overlap, each in a thread of its own
    inline_,  ///< the same overlap of batches, step by step in the calling thread: for tests that control every step
};

/// The steps of one batch; each is called for one batch at a time, in the order of the stream.
struct BatchSteps {
    std::function<std::unique_ptr<MirrorBatch>(DocumentBatch&&)> prepare;
    std::function<void(MirrorBatch&)> write;
    std::function<void(MirrorBatch&)> commit;
};

/// Sends every batch of the stream through the steps. What any step throws ends the run and is thrown here, once all
/// threads are done. On a stop the batches that were read are finished; false then, when the stream was not read to its
/// end.
///
/// Bytes of documents on their way are bounded by `bytes_in_flight_max` (a single larger document goes alone).
[[nodiscard]] bool run_pipeline(DocumentStream& stream, const BatchSteps& steps, Execution execution,
                                std::size_t bytes_in_flight_max, std::stop_token stop);

}  // namespace twinfleet::mirroring
