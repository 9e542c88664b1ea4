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

enum class SendOutcome : std::uint8_t {
    sent,
    /// The gateway will not take it; another try would not help.
    refused,
    /// After all tries.
    failed,
    /// The gateway has failed too often lately and was not asked.
    circuit_open,
};

/// The name as it stands there, for metrics and logs.
[[nodiscard]] std::string_view to_string(SendOutcome outcome) noexcept;

/// A way to send text messages. Safe to use from any thread.
class TextMessages {
public:
    TextMessages() = default;
    TextMessages(const TextMessages&) = delete;
    TextMessages& operator=(const TextMessages&) = delete;
    virtual ~TextMessages() = default;

    /// Blocks. Once `stop` is requested nothing is waited for and tried again any more.
    [[nodiscard]] virtual SendOutcome send(const TextMessage& message, const std::stop_token& stop) = 0;
};

}  // namespace twinfleet::driver_login
