#pragma once

#include <filesystem>

#include "capabilities/driver_login/text_messages/text_messages.hpp"
#include "platform/clock/clock.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::driver_login {

/// A file in place of a gateway, for a first try and for tests: a JSON line `{"phone","text","at"}` for each message.
/// Several threads and processes may write to one file; each line is in one piece. It is made for its owner alone (mode
/// 0600); its folder must be there.
class OutboxTextMessages final : public TextMessages {
public:
    /// Throws std::system_error when the file can be neither opened nor made. The others must outlive this.
    OutboxTextMessages(std::filesystem::path file, const platform::Clock& clock, log::Logger& log);

    [[nodiscard]] SendOutcome send(const TextMessage& message, const std::stop_token& stop) override;

private:
    const std::filesystem::path file_;
    const platform::Clock& clock_;
    log::Logger& log_;
};

}  // namespace twinfleet::driver_login
