#pragma once

#include <exception>
#include <functional>
#include <string_view>

#include "platform/api/route.hpp"
#include "platform/concurrency/work_queue.hpp"
#include "platform/log/logger.hpp"

/// From what a handler returns or throws to the answer. ApiServer does this for the handlers of its routes; these
/// functions are for handlers that work on threads of their own.
namespace twinfleet::api {

/// What a client is told about an exception:
/// - json::BadInput: 400 `bad_request` with `details.field`
/// - Conflict: 409 `conflict` with `details.field`
/// - platform::StoreUnavailable: 503 `unavailable` with Retry-After, and a warning in the log
/// - anything else: 500 `internal`; the reason is in the log alone
[[nodiscard]] http::Response failure_response(const std::exception_ptr& failure, std::string_view request_id,
                                              log::Logger& log, RouteName route);

/// What `handler` returns, or failure_response for what it throws.
[[nodiscard]] http::Response answer(const BlockingHandler& handler, const Call& call, log::Logger& log,
                                    RouteName route);

/// The same as a handler of its own: `handler` runs on `queue`, so that what is slow, or comes in masses, leaves the
/// others their threads; when the queue takes no more, `full()` is the answer. `queue` and `log` outlive it.
[[nodiscard]] AsynchronousHandler on_queue(platform::WorkQueue& queue, BlockingHandler handler, log::Logger& log,
                                           RouteName route, std::function<http::Response()> full);

}  // namespace twinfleet::api
