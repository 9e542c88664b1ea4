#include "apps/access_control/serve.hpp"

#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "embedded/openapi_yaml.hpp"

namespace twinfleet::access_control_app {
namespace {

http::MonitorCallbacks monitor_callbacks(const ServeContext& context) {
    return {.ready =
                [&context] {
                    auto checks = context.check_stores();
                    if (context.stop.stop_requested()) {
                        checks.push_back({"running", false, "the process is stopping"});
                    }
                    return checks;
                },
            .metrics = [&context] { return context.registry.text(); },
            .failed =
                [&context](std::string_view what) {
                    context.log.error("a probe failed", {{"reason", what}});
                }};
}

http::ApiSettings api_settings(const Settings::Api& settings) {
    http::ApiSettings api;
    api.server.listen = http::parse_endpoint(settings.listen);
    api.server.connections_max = settings.connections_max;
    api.blocking_threads = settings.threads;
    api.blocking_waiting_max = settings.waiting_max;
    return api;
}

void wait_for_stop(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait(lock, stop, [] { return false; });
}

}  // namespace

ExitCode serve(const ServeContext& context) {
    try {
        // The monitor outlives the API: a stop is told there while requests come to their end.
        const http::MonitorServer monitor(context.settings.monitor, monitor_callbacks(context));
        const http::ApiServer api(api_settings(context.settings.api), context.routes, embedded::openapi_yaml,
                                  context.tokens, context.registry, context.log, context.stop);
        context.log.info("serving", {{"port", api.port()}, {"monitor_port", monitor.port()}});
        wait_for_stop(context.stop);
        context.log.info("stopping");
    } catch (const std::runtime_error& refused) {
        context.log.error("no server", {{"reason", refused.what()}});
        return ExitCode::wrong_usage;
    }
    return ExitCode::done;
}

}  // namespace twinfleet::access_control_app
