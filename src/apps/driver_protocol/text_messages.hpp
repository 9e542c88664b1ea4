#pragma once

#include <memory>
#include <string>

#include "apps/driver_protocol/settings.hpp"
#include "capabilities/driver_login/text_messages/text_messages.hpp"
#include "platform/clock/clock.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::driver_protocol_app {

/// Why no text message could be sent under these settings, and what helps; empty when they can. A service that nobody
/// can log in to had better not start.
[[nodiscard]] std::string text_messages_problem(const Settings::TextMessages& settings);

/// The outbox, or else the gateway. The others outlive it. Throws std::system_error for an outbox that cannot be
/// written.
[[nodiscard]] std::unique_ptr<driver_login::TextMessages> make_text_messages(const Settings::TextMessages& settings,
                                                                             const platform::Clock& clock,
                                                                             metrics::Registry& registry,
                                                                             log::Logger& log);

}  // namespace twinfleet::driver_protocol_app
