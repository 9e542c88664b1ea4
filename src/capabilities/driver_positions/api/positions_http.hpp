#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_positions/settings.hpp"
#include "capabilities/driver_positions/store/position_store.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/api/route.hpp"
#include "platform/clock/clock.hpp"
#include "platform/concurrency/work_queue.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::driver_positions {

/// Counts what becomes of positions and of the batches in which apps send them:
///
/// - driver_positions_total{family,outcome}: positions; outcome is `accepted`, `repeated` (the track has a position of
///   that time already), `store_full`, `quota_used_up` (the driver may add no more for now), or the reason of a refusal
///   (PositionRefusal)
/// - driver_position_batches_total{family,outcome}: batches; outcome is `stored`, `nothing_accepted`, `malformed`,
///   `store_full`, `quota_used_up` or `too_many_requests` (there was no room in the queue; `family` is `unknown` then,
///   since the batch was not looked at)
/// - driver_position_queue_waiting, driver_position_queue_running: batches in the queue
///
/// Sweep adds driver_positions_swept_total{family}.
class PositionMetrics {
public:
    /// `queue` outlives every call of registry.text().
    PositionMetrics(metrics::Registry& registry, const platform::WorkQueue& queue);

    void count_positions(std::string_view family, std::string_view outcome, std::size_t count);
    void count_batch(std::string_view family, std::string_view outcome);

private:
    metrics::Family<metrics::Counter>& positions_;
    metrics::Family<metrics::Counter>& batches_;
};

/// What the endpoints for apps work with; outlives the server.
struct PositionsApi {
    const driver_apps::DriverApps& apps;
    driver_sessions::Sessions& sessions;
    PositionStore& store;
    /// The threads for batches alone, as PositionSettings::batch_queue says. When the queue ends before the server
    /// does, batches that are under way are answered with 500.
    platform::WorkQueue& queue;
    PositionMetrics& metrics;
    const platform::Clock& clock;
    log::Logger& log;
    PositionSettings settings;
};

/// The route `POST /v1/driver/positions` (contract, section 4). When the queue or the store is full, it answers 429
/// `too_many_requests` with Retry-After.
[[nodiscard]] std::vector<api::Route> position_routes(const PositionsApi& api);

}  // namespace twinfleet::driver_positions
