#include "platform/json/object_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

namespace twinfleet::json {

namespace {

using boost::json::error_code;
using boost::json::string_view;

/// Makes the value as boost::json::parser does, except that numbers are exact (that one is off by a few units in the
/// last place), and that it counts the members of all objects.
class ValueBuilder {
public:
    static constexpr std::size_t max_object_size = boost::json::object::max_size();
    static constexpr std::size_t max_array_size = boost::json::array::max_size();
    static constexpr std::size_t max_key_size = boost::json::string::max_size();
    static constexpr std::size_t max_string_size = boost::json::string::max_size();

    boost::json::value release() { return stack_.release(); }
    [[nodiscard]] std::size_t member_count() const { return member_count_; }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t count, error_code&) {
        stack_.push_array(count);
        return true;
    }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t count, error_code&) {
        stack_.push_object(count);
        member_count_ += count;
        return true;
    }
    bool on_key_part(string_view text, std::size_t, error_code&) {
        stack_.push_chars(text);
        return true;
    }
    bool on_key(string_view text, std::size_t, error_code&) {
        stack_.push_key(text);
        return true;
    }
    bool on_string_part(string_view text, std::size_t, error_code&) {
        stack_.push_chars(text);
        return true;
    }
    bool on_string(string_view text, std::size_t, error_code&) {
        stack_.push_string(text);
        return true;
    }
    bool on_number_part(string_view text, error_code&) {
        number_.append(text.data(), text.size());
        return true;
    }
    bool on_int64(std::int64_t value, string_view, error_code&) {
        number_.clear();
        stack_.push_int64(value);
        return true;
    }
    bool on_uint64(std::uint64_t value, string_view, error_code&) {
        number_.clear();
        stack_.push_uint64(value);
        return true;
    }
    bool on_double(double value, string_view text, error_code& error) {
        number_.append(text.data(), text.size());
        const auto result = std::from_chars(number_.data(), number_.data() + number_.size(), value);
        number_.clear();
        // What is too small reads as the nearest, 0; what is too large is no number that can be worked with.
        if (result.ec == std::errc::result_out_of_range && !(std::abs(value) < 1)) {
            error = boost::json::error::exponent_overflow;
            return false;
        }
        stack_.push_double(value);
        return true;
    }
    bool on_bool(bool value, error_code&) {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(error_code&) {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }

private:
    boost::json::value_stack stack_;
    std::string number_;
    std::size_t member_count_ = 0;
};

std::size_t count_members(const boost::json::value& value) {
    std::size_t count = 0;
    if (const auto* object = value.if_object()) {
        count = object->size();
        for (const auto& [name, member] : *object) {
            count += count_members(member);
        }
    } else if (const auto* array = value.if_array()) {
        for (const auto& item : *array) {
            count += count_members(item);
        }
    }
    return count;
}

/// `path` is called for an error only.
template <typename Path>
std::string check_text(const boost::json::string& text, ObjectReader::TextLimits limits, const Path& path) {
    if (text.size() < limits.bytes_min || text.size() > limits.bytes_max) {
        throw BadInput(path(), "expected a text of " + std::to_string(limits.bytes_min) + " to " +
                                   std::to_string(limits.bytes_max) + " bytes of UTF-8");
    }
    if (text.find('\0') != boost::json::string::npos) {
        throw BadInput(path(), "expected a text without NUL");
    }
    return {text.data(), text.size()};
}

}  // namespace

boost::json::object parse_object(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = 32;
    boost::json::basic_parser<ValueBuilder> parser(options);
    error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (error || read != text.size()) {
        throw BadInput("", "expected one JSON object in UTF-8 (RFC 8259), nested 32 deep at most");
    }
    auto value = parser.handler().release();
    if (!value.is_object()) {
        throw BadInput("", "expected a JSON object");
    }
    if (count_members(value) != parser.handler().member_count()) {
        throw BadInput("", "expected each name once in an object");
    }
    return std::move(value.get_object());
}

ObjectReader::ObjectReader(const boost::json::object& object, std::string path)
    : object_(object), path_(std::move(path)) {}

std::string ObjectReader::text(std::string_view name, TextLimits limits) {
    auto found = optional_text(name, limits);
    if (!found) {
        throw BadInput(path_of(name), "expected a text");
    }
    return *std::move(found);
}

std::optional<std::string> ObjectReader::optional_text(std::string_view name, TextLimits limits) {
    const auto* value = any(name);
    if (value == nullptr || value->is_null()) {
        return std::nullopt;
    }
    if (!value->is_string()) {
        throw BadInput(path_of(name), "expected a text");
    }
    return check_text(value->get_string(), limits, [&] { return path_of(name); });
}

bool ObjectReader::boolean(std::string_view name) {
    const auto found = optional_boolean(name);
    if (!found) {
        throw BadInput(path_of(name), "expected true or false");
    }
    return *found;
}

std::optional<bool> ObjectReader::optional_boolean(std::string_view name) {
    const auto* value = any(name);
    if (value == nullptr || value->is_null()) {
        return std::nullopt;
    }
    if (!value->is_bool()) {
        throw BadInput(path_of(name), "expected true or false");
    }
    return value->get_bool();
}

std::int64_t ObjectReader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto found = optional_integer(name, min, max);
    if (!found) {
        throw BadInput(path_of(name),
                       "expected a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    return *found;
}

std::optional<std::int64_t> ObjectReader::optional_integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto* value = any(name);
    if (value == nullptr || value->is_null()) {
        return std::nullopt;
    }
    // 5.0 is a whole number, too (RFC 8259, section 6, and JSON Schema), as long as the double is exact.
    constexpr double exact_max = 9'007'199'254'740'992.0;
    std::optional<std::int64_t> number;
    if (value->is_int64()) {
        number = value->get_int64();
    } else if (value->is_double() && std::abs(value->get_double()) <= exact_max &&
               std::trunc(value->get_double()) == value->get_double()) {
        number = static_cast<std::int64_t>(value->get_double());
    }
    if (!number || *number < min || *number > max) {
        throw BadInput(path_of(name),
                       "expected a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    return number;
}

double ObjectReader::number(std::string_view name) {
    const auto* value = any(name);
    if (value == nullptr || !value->is_number()) {
        throw BadInput(path_of(name), "expected a number");
    }
    return value->to_number<double>();
}

std::vector<std::string> ObjectReader::texts(std::string_view name, std::size_t count_min, std::size_t count_max,
                                             TextLimits limits) {
    auto found = optional_texts(name, count_min, count_max, limits);
    if (!found) {
        throw BadInput(path_of(name), "expected a list of texts");
    }
    return *std::move(found);
}

std::optional<std::vector<std::string>> ObjectReader::optional_texts(std::string_view name, std::size_t count_min,
                                                                     std::size_t count_max, TextLimits limits) {
    const auto* value = any(name);
    if (value == nullptr || value->is_null()) {
        return std::nullopt;
    }
    if (!value->is_array()) {
        throw BadInput(path_of(name), "expected a list of texts");
    }
    const auto& items = value->get_array();
    if (items.size() < count_min || items.size() > count_max) {
        throw BadInput(path_of(name),
                       "expected " + std::to_string(count_min) + " to " + std::to_string(count_max) + " texts");
    }
    std::vector<std::string> texts;
    texts.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto path = [&] { return path_of(name) + '[' + std::to_string(i) + ']'; };
        if (!items[i].is_string()) {
            throw BadInput(path(), "expected a text");
        }
        texts.push_back(check_text(items[i].get_string(), limits, path));
    }
    return texts;
}

const boost::json::value* ObjectReader::any(std::string_view name) {
    asked_.push_back(name);
    return object_.if_contains(name);
}

void ObjectReader::finish() const {
    for (const auto& member : object_) {
        const std::string_view name(member.key().data(), member.key().size());
        if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) {
            throw BadInput(path_of(name), "expected no such field");
        }
    }
}

std::string ObjectReader::path_of(std::string_view name) const {
    std::string path = path_;
    if (!path.empty()) {
        path += '.';
    }
    path += name;
    return path;
}

}  // namespace twinfleet::json
