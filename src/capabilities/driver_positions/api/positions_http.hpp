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
#include "platform/concurrency/group_queue.hpp"
#include "platform/http/reply.hpp"
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
///
/// PositionIntake adds its queue, and Sweep driver_positions_swept_total{family}.
class PositionMetrics {
public:
    explicit PositionMetrics(metrics::Registry& registry);

    void count_positions(std::string_view family, std::string_view outcome, std::size_t count);
    void count_batch(std::string_view family, std::string_view outcome);

private:
    metrics::Family<metrics::Counter>& positions_;
    metrics::Family<metrics::Counter>& batches_;
};

/// What the endpoints for apps work with. All parts outlive the server.
struct PositionsApi {
    const driver_apps::DriverApps& apps;
    driver_sessions::Sessions& sessions;
    PositionStore& store;
    PositionMetrics& metrics;
    const platform::Clock& clock;
    log::Logger& log;
    PositionSettings settings;
};

/// Answers batches of positions on threads of its own, as PositionSettings::batch_queue says. Requests that wait at the
/// same time are worked on together: one round trip finds all of their sessions, and one stores all of their positions,
/// so that a thread waits for many of them at once. Each gets the answer that it would have got alone.
///
/// Metrics: driver_position_queue_waiting, driver_position_queue_running (batches).
class PositionIntake {
public:
    /// This object outlives every call of registry.text(). When it ends before the server does, batches that wait are
    /// answered with 500.
    PositionIntake(const PositionsApi& api, metrics::Registry& registry);

    /// Answers the batch, later; at once with 429 `too_many_requests` when too many are waiting.
    void take(api::Call call, const http::Reply& reply);

private:
    struct Waiting {
        api::Call call;
        http::Reply reply;
    };
    struct Readable;
    void answer(std::vector<Waiting>& group) const;
    void store(std::vector<Readable>& batches, platform::Time now) const;
    void answer_failure(const Waiting& waiting) const;

    const PositionsApi api_;
    platform::GroupQueue<Waiting> queue_;
};

/// The route `POST /v1/driver/positions` (contract, section 4). When the intake or the store is full, it answers 429
/// `too_many_requests` with Retry-After. `intake` outlives the server.
[[nodiscard]] std::vector<api::Route> position_routes(const PositionsApi& api, PositionIntake& intake);

}  // namespace twinfleet::driver_positions
