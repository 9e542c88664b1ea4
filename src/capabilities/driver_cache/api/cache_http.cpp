#include "capabilities/driver_cache/api/cache_http.hpp"

#include <optional>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "platform/clock/time_text.hpp"

namespace twinfleet::driver_cache {
namespace {

boost::json::value time_or_null(const std::optional<platform::Time>& time) {
    return time ? boost::json::value(platform::time_text(*time)) : boost::json::value(nullptr);
}

boost::json::object to_json(const CacheStatus& cache) {
    boost::json::array kept_aside;
    for (const auto& document : cache.kept_aside) {
        kept_aside.emplace_back(boost::json::object{{"id", document.id}, {"reason", document.reason}});
    }
    const auto& status = cache.status;
    return {{"size", status.size},
            {"bytes", status.bytes},
            {"lag_seconds", status.lag_seconds},
            {"last_incremental_at", time_or_null(status.last_incremental_at)},
            {"last_full_at", time_or_null(status.last_full_at)},
            {"kept_aside", status.kept_aside},
            {"is_filled", status.is_filled},
            {"is_stale", status.is_stale},
            {"kept_aside_documents", std::move(kept_aside)}};
}

}  // namespace

std::vector<http::Route> cache_routes(std::function<std::vector<CacheStatus>()> status) {
    const auto show = [status = std::move(status)](const http::Call& call) {
        static_cast<void>(http::read_query(call.request.query, {}));
        boost::json::object caches;
        for (const CacheStatus& cache : status()) {
            caches[cache.cache] = to_json(cache);
        }
        return http::json_response(200, caches);
    };
    return {{.method = "GET", .pattern = "/v1/internal/cache", .handler = http::BlockingHandler(show)}};
}

}  // namespace twinfleet::driver_cache
