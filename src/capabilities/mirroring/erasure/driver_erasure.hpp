#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/erasure/driver_records.hpp"
#include "capabilities/mirroring/erasure/driver_traces.hpp"
#include "capabilities/mirroring/memory/erasures/erasure_store.hpp"
#include "capabilities/mirroring/passes/mirror_environment.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::mirroring {

/// What an erasure works with. All of it outlives the DriverErasure.
struct ErasureParts {
    MirrorEnvironment environment;
    ErasureStore& erasures;
    DriverRecords& records;
    /// nullptr where no driver-protocol is configured: erasures are not completed then.
    DriverTraces* traces;
    log::Logger& log;
};

struct ErasureSettings {
    /// How long after everything was gone an erasure is looked at once more. Longer than any pass, log-in or request
    /// that had begun before may go on writing.
    std::chrono::milliseconds settled_after{60'000};
    /// How long one that did not come to its end is left alone.
    std::chrono::milliseconds retry_after{60'000};
};

/// Erases the data of drivers (design, "Erasure"): in every child, in what the mirror remembers, in the records of
/// unique drivers, and in driver-protocol. What stays of a child is told by Projector::erasure(); its link stays, kept
/// retired. The parent is not written.
///
/// Works beside the jobs and needs no lease. The link is kept retired before a child is touched, and whoever writes
/// children asks for that with begin_write(): so a write that asked before is met here by its version, or refused by
/// ours, and none that asks later brings anything back. A link that is reserved later is kept retired by reserve(), and
/// one that was being reserved meanwhile by the next attempt. Nothing is done while MongoDB is another cluster than the
/// one that the links are of (MirrorEnvironment::require_source).
class DriverErasure {
public:
    explicit DriverErasure(ErasureParts parts, const ErasureSettings& settings = {});

    /// Asks for the erasure of a driver and does it now, as far as it can be done. Returns what it came to; its
    /// `problem` says what is left for later attempts. Throws what the mirror's memory throws.
    [[nodiscard]] Erasure erase(const domain::ParentId& driver, std::string_view requested_by);
    /// Attempts those that are due. Returns how many that were. Throws what the mirror's memory throws.
    std::size_t attempt_pending();
    /// As ErasureStore::oldest_pending_age().
    [[nodiscard]] std::chrono::duration<double> oldest_pending_age() { return parts_.erasures.oldest_pending_age(); }

private:
    [[nodiscard]] Erasure attempt(const domain::ParentId& driver);
    /// The steps, each of which adds to `removed`. Returns the code of what is in the way; empty when nothing is.
    [[nodiscard]] std::string take_steps(const domain::ParentId& driver, ErasedCounts& removed) const;
    [[nodiscard]] std::string erase_children(const domain::ParentId& driver, ErasedCounts& removed) const;
    [[nodiscard]] std::string erase_traces(const domain::ParentId& driver, ErasedCounts& removed) const;

    const ErasureParts parts_;
    const ErasureSettings settings_;
};

}  // namespace twinfleet::mirroring
