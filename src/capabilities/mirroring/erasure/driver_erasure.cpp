#include "capabilities/mirroring/erasure/driver_erasure.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/erasure/child_erasure.hpp"
#include "capabilities/mirroring/source/source_guard.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t pending_of_a_round = 100;

const Entity& drivers() {
    static const Entity& entity = mirroring::entity("drivers");
    return entity;
}

}  // namespace

DriverErasure::DriverErasure(ErasureParts parts, const ErasureSettings& settings)
    : parts_(std::move(parts)), settings_(settings) {}

Erasure DriverErasure::erase(const domain::ParentId& driver, std::string_view requested_by) {
    const Erasure asked = parts_.erasures.request(driver, requested_by);
    parts_.log.info("an erasure was requested", {{"parent_id", driver.value()}, {"by", asked.requested_by}});
    return attempt(driver);
}

std::size_t DriverErasure::attempt_pending() {
    const auto pending = parts_.erasures.pending(settings_.retry_after, pending_of_a_round);
    for (const Erasure& erasure : pending) {
        static_cast<void>(attempt(erasure.parent_id));
    }
    return pending.size();
}

Erasure DriverErasure::attempt(const domain::ParentId& driver) {
    ErasedCounts removed;
    std::string problem;
    try {
        // In another cluster no child of his is there, which looks just like an erasure that is complete.
        if (parts_.environment.require_source) {
            parts_.environment.require_source();
        }
        problem = take_steps(driver, removed);
    } catch (const SourceIsAnother& another) {
        problem = "store_unavailable";
        parts_.log.error("an erasure waits for the right MongoDB cluster",
                         {{"parent_id", driver.value()}, {"reason", another.what()}});
    } catch (const platform::StoreUnavailable& away) {
        problem = "store_unavailable";
        parts_.log.warning("an erasure waits for a store", {{"parent_id", driver.value()}, {"reason", away.what()}});
    } catch (const platform::StoreRefused& refused) {
        problem = "store_refused";
        parts_.log.error("a store refuses an erasure", {{"parent_id", driver.value()}, {"reason", refused.what()}});
    }
    Erasure erasure = parts_.erasures.record_attempt(driver, removed, problem, settings_.settled_after);
    if (erasure.completed_at) {
        parts_.log.info("an erasure is complete", {{"parent_id", driver.value()}, {"by", erasure.requested_by}});
    }
    return erasure;
}

std::string DriverErasure::take_steps(const domain::ParentId& driver, ErasedCounts& removed) const {
    // First what takes a moment and shows the most; all are tried whatever the others come to.
    std::string problem = erase_children(driver, removed);
    removed += parts_.erasures.forget(driver);
    std::string of_traces = erase_traces(driver, removed);
    return problem.empty() ? of_traces : problem;
}

std::string DriverErasure::erase_children(const domain::ParentId& driver, ErasedCounts& removed) const {
    std::string problem;
    LinkStore& links = parts_.environment.stores.links;
    std::vector<std::string> driver_ids{driver.value()};
    parts_.erasures.keep_links_retired(driver);
    for (const auto& [family_name, link] : links.find_in_all_families(drivers(), std::span(&driver, 1))) {
        const domain::AppFamily family{family_name};
        const BatchContext context(parts_.environment, drivers(), family, {.rules = {}, .lease = nullptr});
        BatchOutcome outcome;
        if (const std::string in_the_way = ChildErasure(context, link, outcome, removed).erase(); !in_the_way.empty()) {
            problem = in_the_way;
        } else if (link.kept_retired != KeptRetired::erased) {
            // It came after that: without the mark, passes would bring its child back.
            problem = "child_not_settled";
        }
        if (!outcome.empty()) {
            links.record_outcome(nullptr, drivers(), family, SyncedLinks::all, outcome);
        }
        driver_ids.push_back(link.child_id.value());
    }
    const DriverRecords::Erased of_records = parts_.records.erase(driver_ids);
    removed.unique_driver_profiles += of_records.profiles;
    removed.unique_driver_records += of_records.records;
    return problem.empty() && !of_records.is_complete ? "child_not_settled" : problem;
}

std::string DriverErasure::erase_traces(const domain::ParentId& driver, ErasedCounts& removed) const {
    if (parts_.traces == nullptr) {
        return "driver_protocol_not_configured";
    }
    // By driver, the parks that he is or was in.
    std::map<std::string, std::set<std::string>> parks{{driver.value(), {}}};
    for (const auto& [family, link] :
         parts_.environment.stores.links.find_in_all_families(drivers(), std::span(&driver, 1))) {
        parks[driver.value()].insert(link.parent_park_id.value());
        parks[link.child_id.value()].insert(link.child_park_id.value());
    }
    const DocumentBatch parent = parts_.environment.stores.of(drivers()).fetch(std::vector{driver.value()});
    for (std::size_t i = 0; i < parent.size(); ++i) {
        const auto park = parent[i].find(drivers().park_field);
        if (park && park->is_string() && is_usable_id(park->string())) {
            parks[driver.value()].emplace(park->string());
        }
    }
    try {
        for (const auto& [driver_id, park_ids] : parks) {
            const auto erased = parts_.traces->erase(driver_id, std::vector(park_ids.begin(), park_ids.end()));
            removed.sessions += erased.sessions;
            removed.positions += erased.positions;
        }
    } catch (const platform::StoreUnavailable& away) {
        parts_.log.warning("an erasure waits for driver-protocol",
                           {{"parent_id", driver.value()}, {"reason", away.what()}});
        return "driver_protocol_unavailable";
    }
    return {};
}

}  // namespace twinfleet::mirroring
