#pragma once

#include <memory>

#include "capabilities/access_control/child_parks/park_source.hpp"
#include "platform/http_client/client.hpp"
#include "platform/mongo/client.hpp"
#include "platform/service/host.hpp"

namespace twinfleet::access_control_app {

/// Who says which parks are children: fleet-synchronizer where `synchronizer` has its address, else the parks in
/// MongoDB. `mongo` and `host` outlive the result.
[[nodiscard]] std::unique_ptr<access_control::ParkSource> make_park_source(const http::ClientSettings& synchronizer,
                                                                           const mongo::Pool& mongo,
                                                                           service::Host& host);

}  // namespace twinfleet::access_control_app
