#include "platform/service/settings/neighbour_section.hpp"

#include <chrono>

namespace twinfleet::service {

void read_neighbour(Section& section, http::ClientSettings& settings, const NeighbourKeys& keys) {
    using std::chrono::milliseconds;
    constexpr config::Range<milliseconds> timeout{.min = milliseconds(1), .max = std::chrono::seconds(600)};
    section.read("url", settings.base_url);
    section.read_secret(keys.token, settings.bearer_token);
    section.read("connect_timeout_ms", settings.connect_timeout, timeout);
    section.read("request_timeout_ms", settings.request_timeout, timeout);
    if (keys.is_optional && settings.base_url.empty()) {
        return;
    }
    section.check("url", [&] {
        // Does not connect.
        const http::Client client(settings);
    });
}

}  // namespace twinfleet::service
