#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/passes/pass_run.hpp"

namespace twinfleet::mirroring {

/// Sees to parents that are gone: those whose removal the store tells of, and those that a pass has not met which has
/// read everything it covers. Their children are retired as far as the budget allows, and parents that are gone leave
/// the quarantine.
///
/// What shows by absence alone is not believed when nothing is left: a dropped or half restored collection, a wrong
/// database and one that may not be read look just like that. When the source holds no parent of the entity any more,
/// or when not one linked parent is left and they are more than the budget, nobody is retired, and all of them count as
/// held back (contract, section 1). Throws what the stores throw, what MirrorEnvironment::require_source throws, and
/// LeaseLost.
class Departures {
public:
    /// The run outlives this. What is done is added to its counts.
    explicit Departures(PassRun& run) : run_(run) {}

    /// Retires children of parents that are gone or were met outside the mirrored parks. No budget applies to what is
    /// in parks that were retired on purpose (PassRequest::retires_on_purpose).
    void retire();

    /// Retires children of parents that were removed. All removals between cursor and present count against the budget,
    /// those that are dealt with already, too, so that what was removed at one stroke is no more for being met by
    /// several passes. The rest waits for the full pass.
    void retire_removed(const std::vector<EntityStore::Removal>& removals);

    /// Switches off again those retired children that somebody has switched on. No budget applies. Does so only in
    /// passes that read every child. Marks the run as stopped when a stop was requested before the end.
    void switch_off_again();

private:
    /// Looks for the parents of all links, and calls `on_vanished` for those that are not where they can be mirrored.
    void sweep(const std::function<void(const Link&)>& on_vanished) const;
    void sweep_page(const std::vector<Link>& links, const std::function<void(const Link&)>& on_vanished) const;
    [[nodiscard]] std::size_t budget() const;
    /// Whether absence is not to be believed.
    [[nodiscard]] bool is_nobody_left() const;
    [[nodiscard]] bool has_any_linked_parent() const;
    [[nodiscard]] bool has_any_parent() const;
    [[nodiscard]] bool holds_a_parent(const DocumentBatch& documents) const;
    /// Leaves the links of parents out that are there, perhaps again.
    void leave_out_present(std::vector<Link>& links) const;
    /// The parents of these links that are there.
    [[nodiscard]] std::unordered_set<std::string> present_among(std::span<const Link> links) const;
    /// Retires what is in the parks of the scope and not gone, a page of links after the other. Marks the run as
    /// stopped when a stop was requested before the end.
    void retire_on_purpose();
    void retire(std::span<const Link> links);
    void release_unmet() const;

    PassRun& run_;
};

}  // namespace twinfleet::mirroring
