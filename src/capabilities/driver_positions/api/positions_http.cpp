#include "capabilities/driver_positions/api/positions_http.hpp"

#include <utility>

#include "capabilities/driver_positions/batches/batch.hpp"
#include "capabilities/driver_sessions/api/driver_call.hpp"
#include "platform/api/answering.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/json/bad_input.hpp"

namespace twinfleet::driver_positions {
namespace {

using api::Call;
using driver_sessions::Session;
using http::Reply;
using http::Response;

constexpr const char* pattern = "/v1/driver/positions";

Response too_many_requests(std::chrono::milliseconds retry_after) {
    return http::error_response(429, "too_many_requests", "There is no room for these positions now; send them later.",
                                api::retry_after(retry_after));
}

Response batch_response(const Batch& batch) {
    boost::json::array rejected;
    rejected.reserve(batch.refused.size());
    for (const auto& refused : batch.refused) {
        rejected.push_back({{"index", refused.index}, {"code", name_of(refused.refusal)}});
    }
    return http::json_response(200, {{"accepted", batch.accepted.size()}, {"rejected", std::move(rejected)}});
}

Batch read_counted(const PositionsApi& api, const Call& call, const Session& session, platform::Time now) {
    try {
        api::refuse_query(call);
        return read_batch(call.request.body, api.settings, now);
    } catch (const json::BadInput&) {
        api.metrics.count_batch(session.family, "malformed");
        throw;
    }
}

Response post_positions(const PositionsApi& api, const Call& call, const Session& session) {
    const platform::Time now = api.clock.now();
    const Batch batch = read_counted(api, call, session, now);
    for (const auto& refused : batch.refused) {
        api.metrics.count_positions(session.family, name_of(refused.refusal), 1);
    }
    if (batch.accepted.empty()) {
        api.metrics.count_batch(session.family, "nothing_accepted");
        return batch_response(batch);
    }
    const std::size_t count = batch.accepted.size();
    const AddOutcome outcome = api.store.add(
        {.tag = driver_sessions::redis_tag(session.driver), .family = session.family}, batch.accepted, now);
    if (outcome.kind != AddOutcome::Kind::stored) {
        const bool is_full = outcome.kind == AddOutcome::Kind::store_full;
        const std::string_view name = is_full ? "store_full" : "quota_used_up";
        api.metrics.count_positions(session.family, name, count);
        api.metrics.count_batch(session.family, name);
        return too_many_requests(is_full ? api.settings.retry_after : outcome.retry_after);
    }
    api.metrics.count_positions(session.family, "accepted", outcome.added);
    api.metrics.count_positions(session.family, "repeated", count - outcome.added);
    api.metrics.count_batch(session.family, "stored");
    return batch_response(batch);
}

}  // namespace

PositionMetrics::PositionMetrics(metrics::Registry& registry, const platform::WorkQueue& queue)
    : positions_(registry.counters("driver_positions_total", "Positions that apps sent, by what became of them.",
                                   {"family", "outcome"})),
      batches_(registry.counters("driver_position_batches_total",
                                 "Batches of positions that apps sent, by what became of them.",
                                 {"family", "outcome"})) {
    auto waiting = registry.gauge("driver_position_queue_waiting", "Batches of positions that wait for a thread.");
    auto running = registry.gauge("driver_position_queue_running", "Batches of positions that a thread works at.");
    registry.before_text([&queue, waiting, running]() mutable {
        const auto usage = queue.usage();
        waiting.set(static_cast<double>(usage.waiting));
        running.set(static_cast<double>(usage.running));
    });
}

void PositionMetrics::count_positions(std::string_view family, std::string_view outcome, std::size_t count) {
    if (count > 0) {
        positions_.with({family, outcome}).increment(static_cast<double>(count));
    }
}

void PositionMetrics::count_batch(std::string_view family, std::string_view outcome) {
    batches_.with({family, outcome}).increment();
}

std::vector<api::Route> position_routes(const PositionsApi& api) {
    auto handle = driver_sessions::with_session(
        api.apps, api.sessions,
        [api](const Call& call, const Session& session) { return post_positions(api, call, session); });
    const auto full = [api] {
        api.metrics.count_batch("unknown", "too_many_requests");
        return too_many_requests(api.settings.retry_after);
    };
    return {
        {.method = "POST",
         .pattern = pattern,
         .handler = api::on_queue(api.queue, std::move(handle), api.log, {.method = "POST", .pattern = pattern}, full),
         .access = api::Route::Access::open,
         .takes_body = true,
         .is_frequent = true,
         // Hours of positions after a tunnel, from who shows the form of a session at least.
         .body_bytes_max = std::size_t{1} << 20,
         .admit = driver_sessions::admit_session(api.apps)}};
}

}  // namespace twinfleet::driver_positions
