#include "platform/startup/serve_api.hpp"

#include <memory>
#include <stdexcept>

#include "platform/api/service_tokens.hpp"
#include "platform/concurrency/backoff.hpp"

namespace twinfleet::platform {

namespace {

std::unique_ptr<api::ServiceTokensFile> open_tokens(const ServedApi& api) {
    if (api.service_tokens_file.empty()) {
        api.log.warning("no service is let in: neither FLEET_SERVICE_TOKENS nor api.service_tokens_file is set");
        return nullptr;
    }
    return std::make_unique<api::ServiceTokensFile>(api.service_tokens_file, api.log);
}

std::vector<api::Route> all_routes(const ServedApi& api) {
    std::vector<api::Route> all;
    for (const auto& group : api.routes) {
        all.insert(all.end(), group.begin(), group.end());
    }
    return all;
}

}  // namespace

process::ExitCode serve_api(const ServedApi& api) {
    const auto tokens = open_tokens(api);
    const auto token_source = [&tokens] { return tokens == nullptr ? nullptr : tokens->snapshot(); };
    try {
        // The monitor outlives the API: a stop is told there while requests come to their end.
        const http::MonitorServer monitor(api.monitor,
                                          http::monitor_callbacks(api.check, api.registry, api.log, api.stop));
        const api::ApiServer server(api.settings, all_routes(api), api.openapi, token_source, api.registry, api.log,
                                    api.stop);
        api.log.info("serving", {{"port", server.port()}, {"monitor_port", monitor.port()}});
        wait_for_stop(api.stop);
        api.log.info("stopping");
    } catch (const std::runtime_error& refused) {
        api.log.error("no server", {{"reason", refused.what()}});
        return process::ExitCode::wrong_usage;
    }
    return process::ExitCode::done;
}

}  // namespace twinfleet::platform
