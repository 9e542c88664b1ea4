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

/// Parses an object (RFC 8259). Numbers are exact to the last bit. Throws BadInput: malformed, no object, nested deeper
/// than 32, a repeated name, a number out of range, text that is no UTF-8.
[[nodiscard]] boost::json::object parse_object(std::string_view text);

struct TextLimits {
    std::size_t bytes_min = 1;
    std::size_t bytes_max = 1024;
};

/// Reads the fields of an object, each once and by name; then finish() refuses what nobody asked for. Everything throws
/// BadInput that names the field. Strings may not hold NUL, which PostgreSQL cannot store.
class ObjectReader {
public:
    /// `object` must outlive the reader, as must the names that are asked for. `path` comes before the names of fields
    /// in errors.
    explicit ObjectReader(const boost::json::object& object, std::string path = {});

    using TextLimits = json::TextLimits;
    static constexpr TextLimits usual_text{};

    [[nodiscard]] std::string text(std::string_view name, TextLimits limits = usual_text);
    /// Absent or null: nullopt.
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name, TextLimits limits = usual_text);
    [[nodiscard]] bool boolean(std::string_view name);
    [[nodiscard]] std::optional<bool> optional_boolean(std::string_view name);
    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
    [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min,
                                                               std::int64_t max);
    /// A JSON number, whole or not, finite.
    [[nodiscard]] double number(std::string_view name);
    [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t count_min, std::size_t count_max,
                                                 TextLimits limits = usual_text);
    [[nodiscard]] std::optional<std::vector<std::string>> optional_texts(std::string_view name, std::size_t count_min,
                                                                         std::size_t count_max,
                                                                         TextLimits limits = usual_text);
    /// The field as it is; nullptr when absent.
    [[nodiscard]] const boost::json::value* any(std::string_view name);
    void finish() const;
    /// How errors name the field.
    [[nodiscard]] std::string path_of(std::string_view name) const;

private:
    const boost::json::object& object_;
    std::string path_;
    std::vector<std::string_view> asked_;
};

/// Parses an object and returns what `read(reader)` makes of it, unless it has a field that `read` did not ask for.
template <typename Read>
[[nodiscard]] auto read_object(std::string_view text, const Read& read) {
    const auto object = parse_object(text);
    ObjectReader reader(object);
    auto result = read(reader);
    reader.finish();
    return result;
}

}  // namespace twinfleet::json
