#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "platform/bson/view.hpp"
#include "platform/incremental_cache/cached_type.hpp"

/// How the cached types read their fields.
namespace twinfleet::driver_cache {

/// A needed field has another type than the contract (section 1) says: `bad_id`, `bad_field:<name>`.
class BadField : public std::runtime_error {
public:
    explicit BadField(const char* reason) : std::runtime_error(reason), reason_(reason) {}
    [[nodiscard]] incremental_cache::BadDocument document() const noexcept { return {reason_}; }

private:
    const char* reason_;
};

using Field = std::optional<bson::Element>;

/// The fields of a document by name, found in one go: asking the document for each reads it as often. The document and
/// `names` outlive it.
class Fields {
public:
    static constexpr std::size_t names_max = 12;

    Fields(bson::View document, std::span<const std::string_view> names);
    /// Of `names`. Of a field that stands twice the first.
    [[nodiscard]] const Field& operator[](std::string_view name) const;

private:
    std::span<const std::string_view> names_;
    std::array<Field, names_max> found_;
};

/// The text; throws BadField unless it is one, not empty.
[[nodiscard]] std::string needed_text(const Field& field, const char* reason);
/// Empty when the field is missing or null; throws BadField for another type.
[[nodiscard]] std::string text_or_none(const Field& field, const char* reason);
/// What the field shows matters to a person alone: empty for another type.
[[nodiscard]] std::string text_if_any(const Field& field);

/// What `read` makes of a document, or its BadField.
template <typename Value, typename Read>
[[nodiscard]] incremental_cache::Parsed<Value> parsed(Read&& read) {
    try {
        return read();
    } catch (const BadField& bad) {
        return bad.document();
    }
}

}  // namespace twinfleet::driver_cache
