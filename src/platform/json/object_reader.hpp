#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "platform/json/bad_input.hpp"

namespace twinfleet::json {

/// Parses a JSON object (RFC 8259). Numbers are exact to the last bit. Throws BadInput when the text is malformed, is
/// no object, is nested more than 32 levels deep, repeats a name, holds a number that is out of range, or is not UTF-8.
[[nodiscard]] boost::json::object parse_object(std::string_view text);

/// How long a text may be, in bytes and both ends included.
struct TextLimits {
    std::size_t bytes_min = 1;
    std::size_t bytes_max = 1024;
};

/// Reads the fields of an object by name, each once. At the end, finish() refuses fields that were not read. Every
/// function throws BadInput, which names the field, when the field is missing (except for those whose name begins with
/// `optional`), has another type, or is out of range. Strings may not hold NUL, which PostgreSQL cannot store.
class ObjectReader {
public:
    /// `object` and the names of fields outlive the reader. `path` stands before the names of fields in errors.
    explicit ObjectReader(const boost::json::object& object, std::string path = {});

    using TextLimits = json::TextLimits;
    static constexpr TextLimits usual_text{};

    [[nodiscard]] std::string text(std::string_view name, TextLimits limits = usual_text);
    /// nullopt when the field is absent or null; so for all functions whose name begins with `optional`.
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name, TextLimits limits = usual_text);
    [[nodiscard]] bool boolean(std::string_view name);
    [[nodiscard]] std::optional<bool> optional_boolean(std::string_view name);
    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
    [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min,
                                                               std::int64_t max);
    /// Any JSON number, whole or not.
    [[nodiscard]] double number(std::string_view name);
    /// A list of `count_min` to `count_max` texts, each within the limits.
    [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t count_min, std::size_t count_max,
                                                 TextLimits limits = usual_text);
    [[nodiscard]] std::optional<std::vector<std::string>> optional_texts(std::string_view name, std::size_t count_min,
                                                                         std::size_t count_max,
                                                                         TextLimits limits = usual_text);
    /// The value of the field, whatever it is; nullptr when the field is absent.
    [[nodiscard]] const boost::json::value* any(std::string_view name);
    /// Throws BadInput when the object has a field that was not read.
    void finish() const;
    /// The name of the field as errors give it.
    [[nodiscard]] std::string path_of(std::string_view name) const;

private:
    const boost::json::object& object_;
    std::string path_;
    std::vector<std::string_view> asked_;
};

/// Parses an object and returns what `read(reader)` makes of it. Throws BadInput as parse_object() and `read` do, and
/// when the object has a field that `read` did not read.
template <typename Read>
[[nodiscard]] auto read_object(std::string_view text, const Read& read) {
    const auto object = parse_object(text);
    ObjectReader reader(object);
    auto result = read(reader);
    reader.finish();
    return result;
}

}  // namespace twinfleet::json
