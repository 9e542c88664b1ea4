#pragma once

#include <map>
#include <string>
#include <vector>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/erasures/erasure_store.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"

namespace twinfleet::mirroring::testing {

/// Erasures in memory, by a clock that a test moves. Links are kept retired in the store that is given here. For one
/// thread.
class FakeErasureStore final : public ErasureStore {
public:
    /// `links` outlives this.
    explicit FakeErasureStore(LinkStore& links) : links_(links) {}

    [[nodiscard]] Erasure request(const domain::ParentId& driver, std::string_view requested_by) override {
        keep_links_retired(driver);
        return erasures
            .try_emplace(driver.value(),
                         Erasure{.parent_id = driver, .requested_at = now, .requested_by = std::string(requested_by)})
            .first->second;
    }
    void keep_links_retired(const domain::ParentId& driver) override {
        links_.record_outcome(nullptr, entity("drivers"), {"vezet"}, SyncedLinks::all,
                              {.erasures_requested = {driver}});
    }
    [[nodiscard]] std::vector<Erasure> pending(std::chrono::milliseconds /*retry_after*/, std::size_t limit) override {
        std::vector<Erasure> found;
        for (const auto& [id, erasure] : erasures) {
            if (!erasure.completed_at && found.size() < limit) {
                found.push_back(erasure);
            }
        }
        return found;
    }
    [[nodiscard]] std::chrono::duration<double> oldest_pending_age() override { return {}; }
    [[nodiscard]] ErasedCounts forget(const domain::ParentId& driver) override {
        forgotten.push_back(driver.value());
        return {};
    }
    Erasure record_attempt(const domain::ParentId& driver, const ErasedCounts& removed, std::string_view problem,
                           std::chrono::milliseconds settled_after) override {
        Erasure& erasure = erasures.at(driver.value());
        erasure.removed += removed;
        erasure.problem = problem;
        const bool is_nothing = removed == ErasedCounts();
        if (!problem.empty()) {
            erasure.erased_at.reset();
        } else if (is_nothing && erasure.erased_at && *erasure.erased_at + settled_after <= now) {
            erasure.completed_at = now;
        } else if (!is_nothing || !erasure.erased_at) {
            erasure.erased_at = now;
        }
        return erasure;
    }

    std::map<std::string, Erasure> erasures;
    std::vector<std::string> forgotten;
    Time now{std::chrono::seconds(1'700'000'000)};

private:
    LinkStore& links_;
};

}  // namespace twinfleet::mirroring::testing
