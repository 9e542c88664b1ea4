#include "platform/config/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "platform/config/text.hpp"

namespace twinfleet::config::detail {

namespace {

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_sign(std::string_view text) {
    return !text.empty() && (text.front() == '-' || text.front() == '+') ? text.substr(1) : text;
}

/// YAML 1.2.2, section 10.3.2: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) {
    text = without_sign(text);
    if (const auto exponent = text.find_first_of("eE"); exponent != std::string_view::npos) {
        if (!all_digits(without_sign(text.substr(exponent + 1)))) {
            return false;
        }
        text = text.substr(0, exponent);
    }
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    const auto fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
    return (all_digits(whole) && (fraction.empty() || all_digits(fraction))) || (whole.empty() && all_digits(fraction));
}

/// Also the forms of a number that are not accepted as one here: 0x1f, 0o17, .inf, .nan.
bool looks_like_number(std::string_view text) {
    if (is_decimal(text)) {
        return true;
    }
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o')) {
        return text.substr(2).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    }
    static constexpr std::array<std::string_view, 6> words = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
    return std::find(words.begin(), words.end(), without_sign(text)) != words.end();
}

}  // namespace

std::optional<bool> as_boolean(std::string_view text) {
    if (text == "true" || text == "True" || text == "TRUE") {
        return true;
    }
    if (text == "false" || text == "False" || text == "FALSE") {
        return false;
    }
    return std::nullopt;
}

std::optional<std::int64_t> as_integer(std::string_view text) {
    const auto digits = without_sign(text);
    // With a leading zero YAML 1.1 and 1.2 do not agree on what it is.
    if (!all_digits(digits) || (digits.size() > 1 && digits.front() == '0')) {
        return std::nullopt;
    }
    if (text.front() == '+') {
        text.remove_prefix(1);
    }
    std::int64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<double> as_real(std::string_view text) {
    if (!is_decimal(text)) {
        return std::nullopt;
    }
    if (text.front() == '+') {
        text.remove_prefix(1);
    }
    double number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() ? std::optional(number) : std::nullopt;
}

bool is_typed(const Node& node) {
    return node.kind == Node::Kind::plain || node.kind == Node::Kind::environment;
}

bool is_text(const Node& node) {
    switch (node.kind) {
        case Node::Kind::quoted:
        case Node::Kind::environment:
            return true;
        case Node::Kind::plain:
            return !as_boolean(node.text) && !looks_like_number(node.text);
        default:
            return false;
    }
}

std::string describe(const Node& node, bool secret) {
    switch (node.kind) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::list:
            return "a list";
        case Node::Kind::map:
            return "a section";
        case Node::Kind::plain:
            if (as_boolean(node.text)) {
                return node.text;
            }
            if (looks_like_number(node.text)) {
                return secret ? "a number" : "the number " + node.text.substr(0, 40);
            }
            [[fallthrough]];
        default:
            return secret ? "a text" : shown(node.text);
    }
}

}  // namespace twinfleet::config::detail
