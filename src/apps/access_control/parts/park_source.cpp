#include "apps/access_control/parts/park_source.hpp"

#include "capabilities/access_control/child_parks/park_source_http.hpp"
#include "capabilities/access_control/child_parks/park_source_mongo.hpp"
#include "platform/http_client/json_client.hpp"

namespace twinfleet::access_control_app {

std::unique_ptr<access_control::ParkSource> make_park_source(const Settings& settings, const mongo::Pool& mongo,
                                                             service::Host& host) {
    if (settings.synchronizer.base_url.empty()) {
        return std::make_unique<access_control::MongoParkSource>(mongo);
    }
    host.warn_of_plain(settings.synchronizer);
    return std::make_unique<access_control::HttpParkSource>(http::JsonClientSettings{.client = settings.synchronizer},
                                                            host.clock());
}

}  // namespace twinfleet::access_control_app
