#pragma once

#include <filesystem>

#include "capabilities/driver_login/text_messages/text_messages.hpp"
#include "platform/clock/clock.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::driver_login {

/// Writes messages to a file instead of sending them, for a first try and for tests: a JSON line
/// `{"phone","text","at"}` for each message (contract, section 4). Several threads and processes may write to one file;
/// each line stays in one piece. The file is made when it is not there, readable by its owner alone (mode 0600); its
/// folder must exist.
class OutboxTextMessages final : public TextMessages {
public:
    /// Throws std::system_error when the file can be neither opened nor made. `clock` and `log` must outlive this
    /// object.
    OutboxTextMessages(std::filesystem::path file, const platform::Clock& clock, log::Logger& log);

    [[nodiscard]] SendOutcome send(const TextMessage& message, const std::stop_token& stop) override;

private:
    const std::filesystem::path file_;
    const platform::Clock& clock_;
    log::Logger& log_;
};

}  // namespace twinfleet::driver_login
