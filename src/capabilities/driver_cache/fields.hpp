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

/// How the cached types read the fields of a document.
namespace twinfleet::driver_cache {

/// A field that is needed does not have the type that the contract (section 1) says. `reason` is the one for which the
/// document is kept aside, `bad_id` or `bad_field:<name>`, as a string literal.
class BadField : public std::runtime_error {
public:
    explicit BadField(const char* reason) : std::runtime_error(reason), reason_(reason) {}
    [[nodiscard]] incremental_cache::BadDocument document() const noexcept { return {reason_}; }

private:
    const char* reason_;
};

using Field = std::optional<bson::Element>;

/// Finds the fields of a document that have one of `names`, of which there are at most names_max, in one walk over the
/// document; asking it for each of them would be as many walks. The document and `names` must outlive this object.
class Fields {
public:
    static constexpr std::size_t names_max = 12;

    Fields(bson::View document, std::span<const std::string_view> names);
    /// The field of that name, which is one of `names`. When a document has a field twice, the first one.
    [[nodiscard]] const Field& operator[](std::string_view name) const;

private:
    std::span<const std::string_view> names_;
    std::array<Field, names_max> found_;
};

/// The text of a field that must be there. Throws BadField when it is missing, empty or no text.
[[nodiscard]] std::string needed_text(const Field& field, const char* reason);
/// The text of a field, empty when it is missing or null. Throws BadField when it has another type.
[[nodiscard]] std::string text_or_none(const Field& field, const char* reason);
/// The text of a field that does not decide anything, empty when it is missing or has another type.
[[nodiscard]] std::string text_if_any(const Field& field);

/// Calls `read`, which makes a Value of a document. A BadField that it throws becomes the reason for keeping the
/// document aside.
template <typename Value, typename Read>
[[nodiscard]] incremental_cache::Parsed<Value> parsed(Read&& read) {
    try {
        return read();
    } catch (const BadField& bad) {
        return bad.document();
    }
}

}  // namespace twinfleet::driver_cache
