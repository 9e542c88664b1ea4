#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

namespace twinfleet::driver_login {

struct TextMessage {
    /// E.164.
    std::string phone;
    std::string text;
};

/// What became of a message.
enum class SendOutcome : std::uint8_t {
    sent,
    /// The gateway does not accept this message; trying again would not help.
    refused,
    /// It could not be sent, however often it was tried.
    failed,
    /// The gateway was not asked, because it has failed too often lately.
    circuit_open,
};

/// The name as in the enum, for metrics and logs.
[[nodiscard]] std::string_view to_string(SendOutcome outcome) noexcept;

/// A way to send text messages, such as a gateway. Safe to use from any thread.
class TextMessages {
public:
    TextMessages() = default;
    TextMessages(const TextMessages&) = delete;
    TextMessages& operator=(const TextMessages&) = delete;
    virtual ~TextMessages() = default;

    /// Blocks until the message is sent or given up. Once `stop` is requested, a message that could not be sent is not
    /// tried again.
    [[nodiscard]] virtual SendOutcome send(const TextMessage& message, const std::stop_token& stop) = 0;
};

}  // namespace twinfleet::driver_login
