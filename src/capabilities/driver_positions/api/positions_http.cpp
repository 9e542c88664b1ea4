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

constexpr const char* method = "POST";
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
        Batch batch = read_batch(call.request.body, api.settings, now);
        for (const auto& refused : batch.refused) {
            api.metrics.count_positions(session.family, name_of(refused.refusal), 1);
        }
        if (batch.accepted.empty()) {
            api.metrics.count_batch(session.family, "nothing_accepted");
        }
        return batch;
    } catch (const json::BadInput&) {
        api.metrics.count_batch(session.family, "malformed");
        throw;
    }
}

Response added_response(const PositionsApi& api, const Session& session, const Batch& batch,
                        const AddOutcome& outcome) {
    const std::size_t count = batch.accepted.size();
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

PositionMetrics::PositionMetrics(metrics::Registry& registry)
    : positions_(registry.counters("driver_positions_total", "Positions that apps sent, by what became of them.",
                                   {"family", "outcome"})),
      batches_(registry.counters("driver_position_batches_total",
                                 "Batches of positions that apps sent, by what became of them.",
                                 {"family", "outcome"})) {}

void PositionMetrics::count_positions(std::string_view family, std::string_view outcome, std::size_t count) {
    if (count > 0) {
        positions_.with({family, outcome}).increment(static_cast<double>(count));
    }
}

void PositionMetrics::count_batch(std::string_view family, std::string_view outcome) {
    batches_.with({family, outcome}).increment();
}

/// A batch of which something is to be stored.
struct PositionIntake::Readable {
    const Waiting* waiting;
    Session session;
    Batch batch;
};

PositionIntake::PositionIntake(const PositionsApi& api, metrics::Registry& registry)
    : api_(api), queue_(api.settings.batch_queue, [this](std::vector<Waiting> group) {
          try {
              answer(group);
          } catch (...) {
              // Who has an answer already gets no other one.
              for (const Waiting& waiting : group) {
                  answer_failure(waiting);
              }
          }
      }) {
    auto waiting = registry.gauge("driver_position_queue_waiting", "Batches of positions that wait for a thread.");
    auto running = registry.gauge("driver_position_queue_running", "Batches of positions that a thread works at.");
    registry.before_text([this, waiting, running]() mutable {
        const auto usage = queue_.usage();
        waiting.set(static_cast<double>(usage.waiting));
        running.set(static_cast<double>(usage.running));
    });
}

void PositionIntake::take(api::Call call, const http::Reply& reply) {
    if (!queue_.try_post({.call = std::move(call), .reply = reply})) {
        api_.metrics.count_batch("unknown", "too_many_requests");
        reply.send(too_many_requests(api_.settings.retry_after));
    }
}

void PositionIntake::answer(std::vector<Waiting>& group) const {
    std::vector<const Call*> calls;
    calls.reserve(group.size());
    for (const Waiting& waiting : group) {
        calls.push_back(&waiting.call);
    }
    auto admitted = driver_sessions::sessions_of(api_.apps, api_.sessions, calls);
    const platform::Time now = api_.clock.now();
    std::vector<Readable> batches;
    batches.reserve(group.size());
    for (std::size_t i = 0; i < group.size(); ++i) {
        const Waiting& waiting = group[i];
        try {
            auto session = std::move(admitted[i]).value();
            if (auto* refusal = std::get_if<Response>(&session)) {
                waiting.reply.send(std::move(*refusal));
                continue;
            }
            Readable readable{.waiting = &waiting, .session = std::get<Session>(std::move(session)), .batch = {}};
            readable.batch = read_counted(api_, waiting.call, readable.session, now);
            if (readable.batch.accepted.empty()) {
                waiting.reply.send(batch_response(readable.batch));
            } else {
                batches.push_back(std::move(readable));
            }
        } catch (...) {
            answer_failure(waiting);
        }
    }
    if (!batches.empty()) {
        store(batches, now);
    }
}

void PositionIntake::store(std::vector<Readable>& batches, platform::Time now) const {
    std::vector<Addition> additions;
    additions.reserve(batches.size());
    for (const Readable& of : batches) {
        additions.push_back(
            {.owner = {.tag = driver_sessions::redis_tag(of.session.driver), .family = of.session.family},
             .positions = of.batch.accepted});
    }
    const auto outcomes = api_.store.add_each(additions, now);
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const Readable& of = batches[i];
        try {
            of.waiting->reply.send(added_response(api_, of.session, of.batch, outcomes[i].value()));
        } catch (...) {
            answer_failure(*of.waiting);
        }
    }
}

void PositionIntake::answer_failure(const Waiting& waiting) const {
    waiting.reply.send(api::failure_response(std::current_exception(), waiting.call.request_id, api_.log,
                                             {.method = method, .pattern = pattern}));
}

std::vector<api::Route> position_routes(const PositionsApi& api, PositionIntake& intake) {
    return {{.method = method,
             .pattern = pattern,
             .handler = api::AsynchronousHandler(
                 [&intake](Call call, const Reply& reply) { intake.take(std::move(call), reply); }),
             .access = api::Route::Access::open,
             .takes_body = true,
             .is_frequent = true,
             // Hours of positions after a tunnel, from who shows the form of a session at least.
             .body_bytes_max = std::size_t{1} << 20,
             .admit = driver_sessions::admit_session(api.apps)}};
}

}  // namespace twinfleet::driver_positions
