#pragma once

#include <cstddef>
#include <functional>

#include "capabilities/mirroring/passes/pass_run.hpp"

namespace twinfleet::mirroring {

/// Finds parents that are gone, which is possible only for a pass that has read everything it covers. Their children
/// are retired as far as the budget allows, and parents that are gone leave the quarantine. Throws what the stores
/// throw, and LeaseLost.
class Departures {
public:
    /// The run outlives this. What is done is added to its counts.
    explicit Departures(PassRun& run) : run_(run) {}

    /// Retires children of parents that are gone or were met outside the mirrored parks.
    void retire();

    /// Switches off again those retired children that somebody has switched on. No budget applies. Does so only in
    /// passes that read every child. Marks the run as stopped when a stop was requested before the end.
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
