#pragma once

#include "capabilities/access_control/child_parks/park_source.hpp"
#include "platform/http/client.hpp"

namespace twinfleet::access_control {

/// Asks fleet-synchronizer for the links of the park, `GET /v1/links/parks/{id}` (contract, section 4).
class HttpParkSource final : public ParkSource {
public:
    explicit HttpParkSource(const http::ClientSettings& settings) : client_(settings) {}

    [[nodiscard]] bool is_child(const ParkId& park_id) const override;

private:
    const http::Client client_;
};

/// Whether an answer to that request says that the park is a child. Throws platform::StoreUnavailable unless the status
/// is 200 and the body names a role.
[[nodiscard]] bool says_child(const http::Response& answer);

}  // namespace twinfleet::access_control
