#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/passes/mirror_batch.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::mirroring {

/// Finds how the parks of parents stand in the mirror of one family. Remembers what it has found, since the parents of
/// a batch are in few parks. Safe to use from several threads.
class ParkStandings {
public:
    /// Both arguments outlive this.
    ParkStandings(LinkStore& links, const domain::AppFamily& family) : links_(links), family_(family) {}

    /// Sets the standing of the park of each item; an item whose park cannot be read gets none. Asks the store about
    /// parks that are not remembered. Throws what the store throws.
    void find(std::span<MirrorBatch::Item> items);

    /// Forgets everything, so that it is asked for again: others may have linked parks, retired them or put them into
    /// quarantine since.
    void forget();

private:
    struct Known {
        std::unordered_map<std::string, std::shared_ptr<const ParkStanding>> standings;
        /// Whether any park is in quarantine; asked once.
        std::optional<bool> any_quarantined;
    };
    void ask(Known& known, std::span<const std::string> ids);

    LinkStore& links_;
    const domain::AppFamily& family_;
    platform::Guarded<Known> known_;
};

}  // namespace twinfleet::mirroring
