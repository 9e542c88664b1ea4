#include "platform/service/settings/neighbour_section.hpp"

#include "platform/http_client/base_url.hpp"
#include "platform/http_client/ca_file.hpp"

namespace twinfleet::service {

void read_neighbour(Section& section, http::ClientSettings& settings, const NeighbourKeys& keys) {
    section.read("url", settings.base_url);
    section.read_secret(keys.token, settings.bearer_token);
    section.check(keys.token, [&] { http::check_bearer_token(settings.bearer_token); });
    section.read("connect_timeout_ms", settings.connect_timeout, any_timeout);
    section.read("request_timeout_ms", settings.request_timeout, any_timeout);
    if (keys.is_optional && settings.base_url.empty()) {
        return;
    }
    section.check("url", [&] { static_cast<void>(http::parse_base_url(settings.base_url)); });
}

void read_http_client(Section section, std::string& ca_file) {
    section.read("ca_file", ca_file);
    section.check("ca_file", [&] {
        if (!ca_file.empty()) {
            http::check_ca_file(ca_file);
        }
    });
}

}  // namespace twinfleet::service
