#pragma once

#include <cstddef>

#include "capabilities/mirroring/passes/batch_context.hpp"

namespace twinfleet::mirroring {

/// Has the store set the `updated_ts` of those of the documents that are children of the context's family. They are
/// documents of EntityStore::with_empty_time(). Nothing else in them changes, and who has written one in the meantime
/// has set it. Returns how many were set. Throws what the stores throw, and LeaseLost.
[[nodiscard]] std::size_t set_empty_times(const BatchContext& context, const DocumentBatch& documents);

}  // namespace twinfleet::mirroring
