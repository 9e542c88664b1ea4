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

/// - driver_positions_total{family,outcome}: `accepted`, `repeated` (its timestamp was in the track), `store_full`,
///   `quota_used_up` (of the driver), or why it was refused (PositionRefusal)
/// - driver_position_batches_total{family,outcome}: `stored`, `nothing_accepted`, `malformed`, `store_full`,
///   `quota_used_up`, `too_many_requests` (no room in the queue; `family` is `unknown` then, as nobody has looked)
/// - driver_position_queue_waiting, driver_position_queue_running
///
/// and, of Sweep, driver_positions_swept_total{family}.
class PositionMetrics {
public:
    /// `queue` must outlive the last text() of the registry.
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
    /// Of PositionSettings::batch_queue, for batches alone. Outlives the server, or it answers what is under way with
    /// 500.
    platform::WorkQueue& queue;
    PositionMetrics& metrics;
    const platform::Clock& clock;
    log::Logger& log;
    PositionSettings settings;
};

/// `POST /v1/driver/positions`. When the queue or the store is full: 429 `too_many_requests` with Retry-After.
[[nodiscard]] std::vector<api::Route> position_routes(const PositionsApi& api);

}  // namespace twinfleet::driver_positions
