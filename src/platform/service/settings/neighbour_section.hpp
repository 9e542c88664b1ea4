#pragma once

#include <string>
#include <string_view>

#include "platform/http_client/client.hpp"
#include "platform/service/settings/section.hpp"

namespace twinfleet::service {

/// How a section that tells where another service is differs from the others.
struct NeighbourKeys {
    /// Whether `url` may be empty: the service goes on without that neighbour.
    bool is_optional = false;
    std::string_view token = "service_token";
};

/// The section of another service that this one calls: `url`, `service_token`, `connect_timeout_ms` and
/// `request_timeout_ms`. A URL or a token is refused unless http::Client takes it.
void read_neighbour(Section& section, http::ClientSettings& settings, const NeighbourKeys& keys = {});

/// The section `http_client`, which the requests to all neighbours share: `ca_file`, empty or a file that http::Client
/// takes.
void read_http_client(Section section, std::string& ca_file);

}  // namespace twinfleet::service
