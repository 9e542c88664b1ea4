#include "apps/driver_protocol/text_messages.hpp"

#include "capabilities/driver_login/text_messages/text_messages_outbox.hpp"

namespace twinfleet::driver_protocol_app {

std::string text_messages_problem(const Settings::TextMessages& settings) {
    const bool has_gateway = !settings.gateway.client.base_url.empty();
    const bool has_outbox = !settings.outbox_file.empty();
    if (!has_gateway && !has_outbox) {
        return "nobody could log in: set text_messages.gateway.url, or FLEET_SMS_OUTBOX (text_messages.outbox_file) to "
               "try things out";
    }
    if (has_gateway && has_outbox) {
        return "text messages could go to a gateway or to a file: set either text_messages.gateway.url or "
               "FLEET_SMS_OUTBOX (text_messages.outbox_file)";
    }
    return {};
}

std::unique_ptr<driver_login::TextMessages> make_text_messages(const Settings::TextMessages& settings,
                                                               const platform::Clock& clock,
                                                               metrics::Registry& registry, log::Logger& log) {
    if (!settings.outbox_file.empty()) {
        log.warning("text messages go to a file, and to nobody's phone", {{"file", settings.outbox_file}});
        return std::make_unique<driver_login::OutboxTextMessages>(settings.outbox_file, clock, log);
    }
    return std::make_unique<driver_login::HttpTextMessages>(settings.gateway, clock, registry, log);
}

}  // namespace twinfleet::driver_protocol_app
