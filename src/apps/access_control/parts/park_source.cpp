#include "apps/access_control/parts/park_source.hpp"

#include "capabilities/access_control/child_parks/park_source_http.hpp"
#include "capabilities/access_control/child_parks/park_source_mongo.hpp"
#include "platform/http_client/json_client.hpp"

namespace twinfleet::access_control_app {

std::unique_ptr<access_control::ParkSource> make_park_source(const http::ClientSettings& synchronizer,
                                                             const mongo::Pool& mongo, service::Host& host) {
    if (synchronizer.base_url.empty()) {
        return std::make_unique<access_control::MongoParkSource>(mongo);
    }
    host.warn_of_plain(synchronizer);
    return std::make_unique<access_control::HttpParkSource>(http::JsonClientSettings{.client = synchronizer},
                                                            host.clock());
}

}  // namespace twinfleet::access_control_app
