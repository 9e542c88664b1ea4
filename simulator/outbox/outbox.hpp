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

struct TextMessage {
    /// E.164.
    std::string phone;
    std::string text;
};

/// Of `{"phone","text","at"}`; nullopt for anything else.
[[nodiscard]] std::optional<TextMessage> read_text_message(std::string_view line);

/// The first run of exactly so many digits.
[[nodiscard]] std::optional<std::string> code_in(std::string_view text, std::size_t digits);

/// Follows an outbox from construction to destruction, on a thread of its own, looking 50 times a second.
class Outbox {
public:
    using Take = std::function<void(TextMessage)>;

    /// Messages that are there already are not given. `take` is called on the thread.
    Outbox(const std::filesystem::path& path, Take take);

private:
    void follow(const std::stop_token& stop);

    LineFollower lines_;
    const Take take_;
    std::jthread thread_;
};

}  // namespace twinfleet::simulator
