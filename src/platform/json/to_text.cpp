#include "platform/json/to_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <limits>

#include "platform/json/string.hpp"

namespace twinfleet::json {
namespace {

void append_digits(std::string& json, auto number, auto... format) {
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number, format...);
    json.append(digits.data(), written.ptr);
}

/// `append_double` writes the numbers that are held as doubles.
template <typename AppendDouble>
void append(std::string& json, const boost::json::value& value, const AppendDouble& append_double) {
    switch (value.kind()) {
        case boost::json::kind::null:
            json += "null";
            return;
        case boost::json::kind::bool_:
            json += value.get_bool() ? "true" : "false";
            return;
        case boost::json::kind::int64:
            append_digits(json, value.get_int64());
            return;
        case boost::json::kind::uint64:
            append_digits(json, value.get_uint64());
            return;
        case boost::json::kind::double_:
            append_double(json, value.get_double());
            return;
        case boost::json::kind::string:
            append_string(json, std::string_view(value.get_string()));
            return;
        case boost::json::kind::array: {
            json += '[';
            const char* separator = "";
            for (const boost::json::value& item : value.get_array()) {
                json += separator;
                append(json, item, append_double);
                separator = ",";
            }
            json += ']';
            return;
        }
        case boost::json::kind::object: {
            json += '{';
            const char* separator = "";
            for (const auto& [key, member] : value.get_object()) {
                json += separator;
                append_string(json, std::string_view(key));
                json += ':';
                append(json, member, append_double);
                separator = ",";
            }
            json += '}';
            return;
        }
    }
}

}  // namespace

void append_number(std::string& json, double number) {
    // Shorter as a power of ten, but what a person reads: coordinates, small fractions of a second.
    constexpr double fixed_min = 1e-9;
    constexpr double fixed_max = 1e15;
    const double magnitude = std::fabs(number);
    if (!std::isfinite(number)) {
        json += "null";
    } else if (magnitude >= fixed_min && magnitude < fixed_max) {
        append_digits(json, number, std::chars_format::fixed);
    } else {
        append_digits(json, number);
    }
}

std::string to_text(const boost::json::value& value) {
    std::string json;
    append(json, value, append_number);
    return json;
}

std::string to_text(const boost::json::value& value, int decimals) {
    std::string json;
    append(json, value, [decimals](std::string& text, double number) {
        if (!std::isfinite(number)) {
            text += "null";
            return;
        }
        // The digits of the largest double, its sign and the point.
        std::string digits(static_cast<std::size_t>(std::numeric_limits<double>::max_exponent10 + 3 + decimals), '\0');
        const auto written =
            std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed, decimals);
        text.append(digits.data(), written.ptr);
    });
    return json;
}

void append_member(std::string& object, std::string_view name, std::string_view value) {
    object.pop_back();
    if (object.size() > 1) {
        object += ',';
    }
    append_string(object, name);
    object += ':';
    object += value;
    object += '}';
}

}  // namespace twinfleet::json
