#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bson/view.hpp"

namespace twinfleet::bson {

/// A document that owns its bytes.
class Document {
public:
    /// The empty document.
    Document() : bytes_{5, 0, 0, 0, 0} {}
    explicit Document(View view) : bytes_(view.bytes().begin(), view.bytes().end()) {}
    explicit Document(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

    [[nodiscard]] View view() const { return View(bytes_); }
    operator View() const {
        return view();
    }  // NOLINT(google-explicit-constructor): a View is to it what string_view is to string
    [[nodiscard]] std::size_t size_bytes() const noexcept { return bytes_.size(); }
    bool operator==(const Document&) const = default;

private:
    std::vector<std::uint8_t> bytes_;
};

/// Writes one document field by field. Keys are written as they are given and must not hold NUL. A nested document is
/// opened by begin_document(key) or begin_array(key) and closed by end(); take() closes the outermost.
class Builder {
public:
    /// Adds a field as it stands in another document, key included.
    Builder& copy(const Element& element);
    /// Adds one or more whole fields by their bytes.
    Builder& copy(Bytes whole_elements);
    /// Adds the value of `element` under another key.
    Builder& copy_as(std::string_view key, const Element& element);
    Builder& string(std::string_view key, std::string_view value);
    Builder& int32(std::string_view key, std::int32_t value);
    Builder& int64(std::string_view key, std::int64_t value);
    Builder& real(std::string_view key, double value);
    Builder& boolean(std::string_view key, bool value);
    /// Adds a Date, in milliseconds since 1970.
    Builder& date(std::string_view key, std::int64_t milliseconds);
    Builder& timestamp(std::string_view key, Timestamp value);
    Builder& null(std::string_view key);
    Builder& document(std::string_view key, View value);
    Builder& array(std::string_view key, View value);
    Builder& begin_document(std::string_view key);
    Builder& begin_array(std::string_view key);
    /// Closes the nested document or array that was opened last and is not closed yet.
    Builder& end();

    /// Closes the document and hands it over; the builder is empty afterwards and can be used again.
    [[nodiscard]] Document take();
    /// Closes the document and leaves it in the builder. The view is valid until clear(), which has to be called before
    /// anything else is.
    [[nodiscard]] View finish();
    /// Makes the builder empty, but keeps its memory.
    void clear() noexcept { bytes_.clear(); }

private:
    void begin();
    void key(Type type, std::string_view name);
    void close(std::size_t start);
    std::vector<std::uint8_t> bytes_;
    std::vector<std::size_t> open_;
};

/// The strings as a BSON array, `{"0": ..., "1": ...}`, for the operator $in.
[[nodiscard]] Document string_array(const std::vector<std::string_view>& values);

/// The document that a text of Extended JSON, canonical or relaxed, stands for. Throws std::invalid_argument with the
/// parser's reason when the text is no such JSON.
[[nodiscard]] Document from_json(std::string_view json);

}  // namespace twinfleet::bson
