#include "apps/fleet_synchronizer/serving/housekeeping.hpp"

#include <algorithm>
#include <exception>
#include <iterator>

#include "capabilities/mirroring/verification/trust_watch.hpp"
#include "platform/concurrency/backoff.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

constexpr std::chrono::hours prune_interval{1};

void count_quarantine(const Housekeeping& house) {
    std::vector<QuarantineEntry> all;
    QuarantineFilter filter;
    for (;;) {
        auto entries = house.dependencies.quarantine.list(filter);
        const bool is_last = entries.size() < filter.limit;
        if (!entries.empty()) {
            filter.after_id = entries.back().id;
        }
        std::move(entries.begin(), entries.end(), std::back_inserter(all));
        if (is_last) {
            break;
        }
    }
    house.job_metrics.set_quarantine(all);
}

}  // namespace

void keep_house(const Housekeeping& house, const std::stop_token& stop) {
    TrustWatch trust(house.verification, house.dependencies.links, house.dependencies.stores, house.job_metrics,
                     house.families, house.settings.stalled_after);
    auto prune_at = house.dependencies.clock.monotonic();
    // One that fails must not keep the others from their turn.
    const auto attempt = [&](const auto& chore) {
        try {
            chore();
        } catch (const std::exception& failure) {
            house.dependencies.log.warning("housekeeping failed", {{"reason", failure.what()}});
        }
    };
    do {
        attempt([&] { count_quarantine(house); });
        attempt([&] { trust.look(); });
        attempt([&] { house.dependencies.runs.end_dead(); });
        attempt([&] {
            // Against another cluster none can be done, and each would log an error.
            if (house.dependencies.problem_of_source(JobDependencies::source_age_max).empty()) {
                house.erasure.attempt_pending();
            }
        });
        attempt([&] {
            house.job_metrics.set_oldest_erasure_age(house.erasure.oldest_pending_age());
        });
        if (house.dependencies.clock.monotonic() >= prune_at) {
            attempt([&] {
                house.remove_old_records();
                prune_at = house.dependencies.clock.monotonic() + prune_interval;
            });
        }
    } while (platform::wait_for(stop, house.settings.interval));
}

}  // namespace twinfleet::fleet_synchronizer
