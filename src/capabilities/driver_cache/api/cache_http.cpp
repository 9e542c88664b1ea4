#include "capabilities/driver_cache/api/cache_http.hpp"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "platform/api/query.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/nullable.hpp"

namespace twinfleet::driver_cache {
namespace {

boost::json::object to_json(const CacheStatus& cache) {
    boost::json::array kept_aside;
    for (const auto& document : cache.kept_aside) {
        kept_aside.emplace_back(boost::json::object{{"id", document.id}, {"reason", document.reason}});
    }
    const auto& status = cache.status;
    return {{"size", status.size},
            {"bytes", status.bytes},
            {"lag_seconds", status.lag_seconds},
            {"last_incremental_at", json::or_null(status.last_incremental_at, platform::time_text)},
            {"last_full_at", json::or_null(status.last_full_at, platform::time_text)},
            {"kept_aside", status.kept_aside},
            {"is_filled", status.is_filled},
            {"is_stale", status.is_stale},
            {"kept_aside_documents", std::move(kept_aside)}};
}

}  // namespace

std::vector<api::Route> cache_routes(std::function<std::vector<CacheStatus>()> status) {
    const auto show = [status = std::move(status)](const api::Call& /*call*/) {
        boost::json::object caches;
        for (const CacheStatus& cache : status()) {
            caches[cache.cache] = to_json(cache);
        }
        return http::json_response(200, caches);
    };
    return {{.method = "GET", .pattern = "/v1/internal/cache", .handler = api::without_query(show)}};
}

}  // namespace twinfleet::driver_cache
