#include "simulator/outbox/outbox.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "platform/concurrency/backoff.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

}  // namespace

std::optional<TextMessage> read_text_message(std::string_view line) {
    try {
        const auto object = json::parse_object(line);
        json::ObjectReader reader(object);
        return TextMessage{.phone = reader.text("phone"), .text = reader.text("text")};
    } catch (const json::BadInput&) {
        return std::nullopt;
    }
}

std::optional<std::string> code_in(std::string_view text, std::size_t digits) {
    for (auto begin = text.begin(); begin != text.end();) {
        begin = std::find_if(begin, text.end(), is_digit);
        const auto end = std::find_if_not(begin, text.end(), is_digit);
        if (begin != end && static_cast<std::size_t>(end - begin) == digits) {
            return std::string(begin, end);
        }
        begin = end;
    }
    return std::nullopt;
}

Outbox::Outbox(const std::filesystem::path& path, Take take)
    : lines_(path), take_(std::move(take)), thread_([this](const std::stop_token& stop) { follow(stop); }) {}

void Outbox::follow(const std::stop_token& stop) {
    do {
        lines_.look([this](std::string_view line) {
            if (auto message = read_text_message(line)) {
                take_(std::move(*message));
            }
        });
    } while (platform::wait_for(stop, 20ms));
}

}  // namespace twinfleet::simulator
