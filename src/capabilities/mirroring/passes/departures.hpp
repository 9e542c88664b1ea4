#pragma once

#include <cstddef>
#include <functional>

#include "capabilities/mirroring/passes/pass_run.hpp"

namespace twinfleet::mirroring {

/// Finds parents that are gone, which only a pass can do that has read everything it covers. Their children are retired
/// as far as the budget allows; those that were in quarantine leave it. Throws what the stores throw, and LeaseLost.
class Departures {
public:
    /// The run outlives this. Counts of what is done are added to it.
    explicit Departures(PassRun& run) : run_(run) {}

    /// Retires children of parents that are gone, or were met outside the mirrored parks.
    void retire();

    /// Switches children off again that had been retired before and that somebody has switched on. No budget holds
    /// these back. Does so only in passes that read every child. Marks the run as stopped when a stop was asked for
    /// before the end.
    void switch_off_again();

private:
    /// Looks for the parents of all links, and calls `on_vanished` for those that are not where they can be mirrored.
    void sweep(const std::function<void(const Link&)>& on_vanished) const;
    void sweep_page(const std::vector<Link>& links, const std::function<void(const Link&)>& on_vanished) const;
    [[nodiscard]] std::size_t budget() const;
    void release_unmet() const;

    PassRun& run_;
};

}  // namespace twinfleet::mirroring
