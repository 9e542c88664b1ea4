#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string_view>

#include "platform/api/route.hpp"
#include "platform/concurrency/work_queue.hpp"
#include "platform/log/logger.hpp"

/// How what a handler returns or throws becomes an answer. ApiServer does this for the handlers of its routes; these
/// functions are for handlers that use threads of their own.
namespace twinfleet::api {

/// The answer to a client whose request ended in an exception:
/// - json::BadInput: 400 `bad_request` with `details.field`
/// - Conflict: 409 `conflict` with `details.field`
/// - platform::StoreUnavailable: 503 `unavailable` with Retry-After, and a warning in the log
/// - anything else: 500 `internal`; the reason is in the log alone
[[nodiscard]] http::Response failure_response(const std::exception_ptr& failure, std::string_view request_id,
                                              log::Logger& log, RouteName route);

/// Calls the handler. Returns its answer, or failure_response() for what it throws.
[[nodiscard]] http::Response answer(const BlockingHandler& handler, const Call& call, log::Logger& log,
                                    RouteName route);

/// A handler that does the same on a thread of `queue`, so that slow or very frequent requests leave the other threads
/// to other requests. When the queue takes no more, `full()` gives the answer. `queue` and `log` outlive the handler.
[[nodiscard]] AsynchronousHandler on_queue(platform::WorkQueue& queue, BlockingHandler handler, log::Logger& log,
                                           RouteName route, std::function<http::Response()> full);

/// A handler that may block briefly, and finds out whether the request needs more than that: nullopt then.
using BriefHandler = std::function<std::optional<http::Response>(const Call&)>;

/// As on_queue(), for requests of which some need to wait for somebody else: those that `handler` does not answer are
/// handed to `otherwise`, which has threads of its own, so that they keep no others waiting.
[[nodiscard]] AsynchronousHandler on_queue(platform::WorkQueue& queue, BriefHandler handler,
                                           AsynchronousHandler otherwise, log::Logger& log, RouteName route,
                                           std::function<http::Response()> full);

}  // namespace twinfleet::api
