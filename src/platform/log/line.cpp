#include "platform/log/line.hpp"

#include <array>
#include <charconv>
#include <type_traits>

#include "platform/json/string.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::log {

namespace {

void append_number(std::string& line, auto number) {
    std::array<char, 32> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    line.append(buffer.data(), result.ptr);
}

void append_console_text(std::string& line, std::string_view text) {
    std::string quoted;
    json::append_string(quoted, text);
    const bool escaped = std::string_view(quoted).substr(1, quoted.size() - 2) != text;
    if (text.empty() || escaped || text.find_first_of(" =") != std::string_view::npos) {
        line += quoted;
    } else {
        line += text;
    }
}

}  // namespace

std::string json_members(std::string_view event, std::span<const Field> fields) {
    std::string line = "\"event\":";
    json::append_string(line, event);
    for (const Field& field : fields) {
        line += ',';
        json::append_string(line, field.key);
        line += ':';
        std::visit(
            [&line](auto value) {
                using Value = decltype(value);
                if constexpr (std::is_same_v<Value, std::string_view>) {
                    json::append_string(line, value);
                } else if constexpr (std::is_same_v<Value, bool>) {
                    line += value ? "true" : "false";
                } else if constexpr (std::is_same_v<Value, double>) {
                    json::append_number(line, value);
                } else {
                    append_number(line, value);
                }
            },
            field.value.variant());
    }
    return line;
}

std::string value_text(const FieldValue& field_value) {
    return std::visit(
        [](auto value) -> std::string {
            using Value = decltype(value);
            if constexpr (std::is_same_v<Value, std::string_view>) {
                return std::string(value);
            } else if constexpr (std::is_same_v<Value, bool>) {
                return value ? "true" : "false";
            } else {
                std::string text;
                append_number(text, value);
                return text;
            }
        },
        field_value.variant());
}

std::string console_line(std::string_view event, std::span<const Field> fields) {
    std::string line;
    // Without the quotes around it: the event is a sentence.
    json::append_string(line, event);
    line = line.substr(1, line.size() - 2);
    for (const Field& field : fields) {
        line += ' ';
        append_console_text(line, field.key);
        line += '=';
        append_console_text(line, value_text(field.value));
    }
    return line;
}

}  // namespace twinfleet::log
