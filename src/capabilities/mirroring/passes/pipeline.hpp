#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "capabilities/mirroring/passes/mirror_batch.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"

namespace twinfleet::mirroring {

/// In which threads the steps of batches run.
enum class Execution : std::uint8_t {
    threads,  ///< reading, gathering, preparing, writing and finishing overlap, each in a thread of its own
    inline_,  ///< the same overlap of batches, step by step in the calling thread: for tests that control every step
};

/// The steps of one batch. Each step is called for one batch at a time, in the order of the stream.
struct BatchSteps {
    std::function<std::unique_ptr<MirrorBatch>(DocumentBatch&&)> gather;
    std::function<void(MirrorBatch&)> prepare;
    std::function<void(MirrorBatch&)> write;
    std::function<void(MirrorBatch&)> finish;
};

/// Sends every batch of the stream through the steps. Returns whether the stream was read to its end. On a stop, no
/// further batch is read, and the batches that were read are finished. What any step throws ends the run and is thrown
/// to the caller, once all threads have ended.
///
/// The documents that are between being read and being finished hold at most `bytes_in_flight_max` bytes; a single
/// larger document is worked on alone.
[[nodiscard]] bool run_pipeline(DocumentStream& stream, const BatchSteps& steps, Execution execution,
                                std::size_t bytes_in_flight_max, std::stop_token stop);

}  // namespace twinfleet::mirroring
