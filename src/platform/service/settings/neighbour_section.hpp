#pragma once

#include <string>
#include <string_view>

#include "platform/http_client/client.hpp"
#include "platform/service/settings/section.hpp"

namespace twinfleet::service {

/// How the keys of one neighbour, which is another service, differ from those of others.
struct NeighbourKeys {
    /// Whether `url` may be empty: the service then works without that neighbour.
    bool is_optional = false;
    /// The key of the service token.
    std::string_view token = "service_token";
};

/// Reads the section of a neighbour: `url`, `service_token`, `connect_timeout_ms` and `request_timeout_ms`. A URL or a
/// token that http::Client does not accept is refused.
void read_neighbour(Section& section, http::ClientSettings& settings, const NeighbourKeys& keys = {});

/// Reads the section `http_client`, which the requests to all neighbours share: `ca_file`, which is empty or a file
/// that http::Client accepts.
void read_http_client(Section section, std::string& ca_file);

}  // namespace twinfleet::service
