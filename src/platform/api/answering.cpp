#include "platform/api/answering.hpp"

#include <memory>
#include <utility>

#include <boost/json/object.hpp>

#include "platform/api/conflict.hpp"
#include "platform/api/refusals.hpp"
#include "platform/errors/reason.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/json/bad_input.hpp"

namespace twinfleet::api {

http::Response failure_response(const std::exception_ptr& failure, std::string_view request_id, log::Logger& log,
                                RouteName route) {
    const auto note = [&](log::Level level, std::string_view event, std::string_view reason) {
        log.log(level, event,
                {{"request_id", request_id}, {"method", route.method}, {"handler", route.pattern}, {"reason", reason}});
    };
    try {
        std::rethrow_exception(failure);
    } catch (const json::BadInput& bad) {
        return http::error_response(400, "bad_request", bad.what(), boost::json::object{{"field", bad.field()}});
    } catch (const Conflict& conflict) {
        return http::error_response(409, "conflict", conflict.what(), boost::json::object{{"field", conflict.field()}});
    } catch (const platform::StoreUnavailable& unavailable) {
        note(log::Level::warning, "a request found a store unavailable", unavailable.what());
        return unavailable_response();
    } catch (...) {
        note(log::Level::error, "a request failed", platform::reason_of(failure));
        return internal_error_response();
    }
}

http::Response answer(const BlockingHandler& handler, const Call& call, log::Logger& log, RouteName route) {
    try {
        return handler(call);
    } catch (...) {
        return failure_response(std::current_exception(), call.request_id, log, route);
    }
}

AsynchronousHandler on_queue(platform::WorkQueue& queue, BlockingHandler handler, log::Logger& log, RouteName route,
                             std::function<http::Response()> full) {
    return on_queue(
        queue, BriefHandler([handler = std::move(handler)](const Call& call) { return std::optional(handler(call)); }),
        nullptr, log, route, std::move(full));
}

AsynchronousHandler on_queue(platform::WorkQueue& queue, BriefHandler handler, AsynchronousHandler otherwise,
                             log::Logger& log, RouteName route, std::function<http::Response()> full) {
    struct Work {
        BriefHandler handler;
        AsynchronousHandler otherwise;
        std::string method;
        std::string pattern;
    };
    // Shared with the tasks, as the queue may outlive the route.
    auto work = std::make_shared<const Work>(Work{.handler = std::move(handler),
                                                  .otherwise = std::move(otherwise),
                                                  .method = std::string(route.method),
                                                  .pattern = std::string(route.pattern)});
    return [&queue, &log, work = std::move(work), full = std::move(full)](Call call, const http::Reply& reply) {
        const bool is_posted = queue.try_post([&log, work, call = std::make_shared<Call>(std::move(call)), reply] {
            try {
                if (auto response = work->handler(*call)) {
                    reply.send(*std::move(response));
                } else {
                    work->otherwise(std::move(*call), reply);
                }
            } catch (...) {
                reply.send(failure_response(std::current_exception(), call->request_id, log,
                                            {.method = work->method, .pattern = work->pattern}));
            }
        });
        if (!is_posted) {
            reply.send(full());
        }
    };
}

}  // namespace twinfleet::api
