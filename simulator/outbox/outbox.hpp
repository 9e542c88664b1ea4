#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "simulator/outbox/line_follower.hpp"

/// The text messages of a service whose gateway is the local outbox (contract, section 4, driver-protocol).
namespace twinfleet::simulator {

/// A text message that the service has sent.
struct TextMessage {
    /// E.164.
    std::string phone;
    std::string text;
};

/// Reads a line `{"phone","text","at"}` of the outbox; nullopt for anything else.
[[nodiscard]] std::optional<TextMessage> read_text_message(std::string_view line);

/// The code in the text of a message: the first run of exactly `digits` digits, no more and no fewer.
[[nodiscard]] std::optional<std::string> code_in(std::string_view text, std::size_t digits);

/// Follows the file of an outbox from construction to destruction, on a thread of its own, which looks 50 times a
/// second.
class Outbox {
public:
    using Take = std::function<void(TextMessage)>;

    /// Calls `take` on that thread with each message that is written from now on; messages that are in the file already
    /// are not given.
    Outbox(const std::filesystem::path& path, Take take);

private:
    void follow(const std::stop_token& stop);

    LineFollower lines_;
    const Take take_;
    std::jthread thread_;
};

}  // namespace twinfleet::simulator
