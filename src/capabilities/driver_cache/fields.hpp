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

/// Thrown when a field that is needed has another type than the contract, section 1, says; the reason is `bad_id` or
/// `bad_field:<name>`.
class BadField : public std::runtime_error {
public:
    explicit BadField(const char* reason) : std::runtime_error(reason), reason_(reason) {}
    [[nodiscard]] incremental_cache::BadDocument document() const noexcept { return {reason_}; }

private:
    const char* reason_;
};

using Field = std::optional<bson::Element>;

/// The fields of a document by name, found by reading the document once. The document and `names` must outlive this.
class Fields {
public:
    static constexpr std::size_t names_max = 12;

    Fields(bson::View document, std::span<const std::string_view> names);
    /// The field of that name, which must be one of `names`; nullopt when the document does not have it. Of a field
    /// that stands there twice, the first.
    [[nodiscard]] const Field& operator[](std::string_view name) const;

private:
    std::span<const std::string_view> names_;
    std::array<Field, names_max> found_;
};

/// The text of the field. Throws BadField unless the field is a text that is not empty.
[[nodiscard]] std::string needed_text(const Field& field, const char* reason);
/// The text of the field, or an empty one when it is missing or null. Throws BadField for another type.
[[nodiscard]] std::string text_or_none(const Field& field, const char* reason);
/// The text of a field that is only shown to people: empty when the field is missing or of another type.
[[nodiscard]] std::string text_if_any(const Field& field);

/// What `read` returns, or why the document cannot be used when it throws BadField.
template <typename Value, typename Read>
[[nodiscard]] incremental_cache::Parsed<Value> parsed(Read&& read) {
    try {
        return read();
    } catch (const BadField& bad) {
        return bad.document();
    }
}

}  // namespace twinfleet::driver_cache
