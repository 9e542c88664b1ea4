#include "platform/bson/view.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <vector>

#include <bson/bson.h>

#include "platform/bson/builder.hpp"

namespace twinfleet::bson {
namespace {

constexpr std::array<std::uint8_t, 5> empty_document{5, 0, 0, 0, 0};
constexpr std::size_t length_size = 4;
constexpr std::size_t document_size_min = 5;

/// libbson writes "{ ... }", which is not JSON, for what is nested deeper than this.
constexpr std::size_t json_depth_max = 200;

template <typename Integer>
Integer read_little_endian(const std::uint8_t* bytes) noexcept {
    static_assert(std::endian::native == std::endian::little);
    Integer value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

[[noreturn]] void refuse(const char* reason) {
    throw Malformed(std::string("malformed BSON: ") + reason);
}

void require_room(std::size_t needed, std::size_t available) {
    if (needed > available) {
        refuse("a value reaches beyond its document");
    }
}

/// The length prefix at the start of `available`, once it is known that so many bytes plus `extra` are there.
std::size_t read_length(Bytes available, std::size_t extra, std::size_t length_min) {
    require_room(length_size, available.size());
    const auto length = read_little_endian<std::uint32_t>(available.data());
    if (length < length_min) {
        refuse("a length that is too small");
    }
    require_room(std::size_t{length} + extra, available.size());
    return length;
}

/// Size of a string with its length prefix and terminator.
std::size_t string_size(Bytes available) {
    const auto size = length_size + read_length(available, length_size, 1);
    if (available[size - 1] != 0) {
        refuse("a string without its terminator");
    }
    return size;
}

std::size_t document_size(Bytes available) {
    const auto size = read_length(available, 0, document_size_min);
    if (available[size - 1] != 0) {
        refuse("a document without its terminator");
    }
    return size;
}

/// Size of a zero-terminated string with its terminator.
std::size_t cstring_size(Bytes available) {
    const void* end = available.empty() ? nullptr : std::memchr(available.data(), 0, available.size());
    if (end == nullptr) {
        refuse("a key or pattern without its terminator");
    }
    return static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - available.data()) + 1;
}

std::size_t binary_size(Bytes available) {
    constexpr std::uint8_t old_binary = 2;
    const auto length = read_length(available, length_size + 1, 0);
    if (available[length_size] == old_binary) {
        // It repeats its length inside.
        if (length < length_size ||
            read_little_endian<std::uint32_t>(available.data() + length_size + 1) != length - length_size) {
            refuse("an old binary whose two lengths differ");
        }
    }
    return length_size + 1 + length;
}

std::size_t code_with_scope_size(Bytes available) {
    constexpr std::size_t size_min = length_size + (length_size + 1) + document_size_min;
    const auto size = read_length(available, 0, size_min);
    const auto code_size = string_size(available.first(size).subspan(length_size));
    const auto scope = available.first(size).subspan(length_size + code_size);
    if (document_size(scope) != scope.size()) {
        refuse("code with scope whose lengths differ");
    }
    return size;
}

Bytes scope_of(const Element& code_with_scope) {
    const auto code_length = read_little_endian<std::uint32_t>(code_with_scope.value.data() + length_size);
    return code_with_scope.value.subspan(length_size + length_size + code_length);
}

/// `available` is what the document has left before its own terminator.
std::size_t value_size(Type type, Bytes available) {
    switch (type) {
        case Type::undefined:
        case Type::null:
        case Type::max_key:
        case Type::min_key:
            return 0;
        case Type::boolean:
            require_room(1, available.size());
            if (available[0] > 1) {
                refuse("a boolean that is neither 0 nor 1");
            }
            return 1;
        case Type::int32:
            return 4;
        case Type::double_:
        case Type::date:
        case Type::timestamp:
        case Type::int64:
            return 8;
        case Type::object_id:
            return 12;
        case Type::decimal128:
            return 16;
        case Type::utf8:
        case Type::code:
        case Type::symbol:
            return string_size(available);
        case Type::document:
        case Type::array:
            return document_size(available);
        case Type::binary:
            return binary_size(available);
        case Type::regex: {
            const auto pattern_size = cstring_size(available);
            return pattern_size + cstring_size(available.subspan(pattern_size));
        }
        case Type::db_pointer:
            return string_size(available) + 12;
        case Type::code_with_scope:
            return code_with_scope_size(available);
    }
    refuse("an unknown type");
}

void require_type(bool is_right, const char* wanted) {
    if (!is_right) [[unlikely]] {
        throw WrongType(std::string("a BSON value was read as ") + wanted + " and is none");
    }
}

struct FreeBsonText {
    void operator()(char* text) const noexcept { bson_free(text); }
};

/// libbson puts blanks between tokens; inside strings they are data.
std::string without_blanks_between_tokens(std::string_view json) {
    std::string compact;
    compact.reserve(json.size());
    bool in_string = false;
    for (std::size_t position = 0; position < json.size(); ++position) {
        const char character = json[position];
        if (in_string && character == '\\') {
            compact += character;
            compact += json[++position];
            continue;
        }
        if (character == '"') {
            in_string = !in_string;
        }
        if (in_string || character != ' ') {
            compact += character;
        }
    }
    return compact;
}

}  // namespace

std::string_view Element::string() const {
    require_type(is_string(), "a text");
    return {reinterpret_cast<const char*>(value.data()) + length_size, value.size() - length_size - 1};
}

View Element::document() const {
    require_type(type == Type::document || type == Type::array, "a document");
    return View(value);
}

Timestamp Element::timestamp() const {
    require_type(type == Type::timestamp, "a Timestamp");
    return {.seconds = read_little_endian<std::uint32_t>(value.data() + 4),
            .increment = read_little_endian<std::uint32_t>(value.data())};
}

std::int64_t Element::date_ms() const {
    require_type(type == Type::date, "a Date");
    return read_little_endian<std::int64_t>(value.data());
}

bool Element::boolean() const {
    require_type(type == Type::boolean, "a boolean");
    return value[0] != 0;
}

std::optional<std::int64_t> Element::integer() const noexcept {
    switch (type) {
        case Type::int32:
            return read_little_endian<std::int32_t>(value.data());
        case Type::int64:
            return read_little_endian<std::int64_t>(value.data());
        case Type::double_: {
            constexpr double two_to_63 = 9223372036854775808.0;
            const auto real = read_little_endian<double>(value.data());
            // False for NaN, too.
            if (real >= -two_to_63 && real < two_to_63) {
                return static_cast<std::int64_t>(real);
            }
            return std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

bool Element::same_value(const Element& other) const noexcept {
    return type == other.type && value.size() == other.value.size() &&
           (value.empty() || std::memcmp(value.data(), other.value.data(), value.size()) == 0);
}

View::Iterator::Iterator(Bytes bytes) : bytes_(bytes), offset_(length_size), at_end_(false) {
    read();
}

View::Iterator& View::Iterator::operator++() {
    offset_ += element_.whole.size();
    read();
    return *this;
}

void View::Iterator::read() {
    const auto fields_end = bytes_.size() - 1;
    if (offset_ == fields_end) {
        at_end_ = true;
        return;
    }
    const auto available = bytes_.subspan(offset_, fields_end - offset_);
    const auto type = static_cast<Type>(available[0]);
    const auto key_size = cstring_size(available.subspan(1));
    const auto behind_key = available.subspan(1 + key_size);
    const auto size = value_size(type, behind_key);
    require_room(size, behind_key.size());
    element_.key = {reinterpret_cast<const char*>(available.data()) + 1, key_size - 1};
    element_.type = type;
    element_.value = behind_key.first(size);
    element_.whole = available.first(1 + key_size + size);
}

View::View() noexcept : bytes_(empty_document) {}

View::View(Bytes bytes) : bytes_(bytes) {
    if (bytes.size() < document_size_min) {
        refuse("shorter than the empty document");
    }
    if (document_size(bytes) != bytes.size()) {
        refuse("a document whose length is not that of its bytes");
    }
}

std::optional<Element> View::find(std::string_view key) const {
    for (const auto& element : *this) {
        if (element.key == key) {
            return element;
        }
    }
    return std::nullopt;
}

void View::validate(std::size_t depth_max) const {
    if (depth_max == 0) {
        refuse("nested too deeply");
    }
    // The documents around `current`, each standing at the field whose value is being looked at.
    std::vector<Iterator> around;
    auto current = begin();
    for (;;) {
        if (current == std::default_sentinel) {
            if (around.empty()) {
                return;
            }
            current = around.back();
            around.pop_back();
            ++current;
            continue;
        }
        const auto is_document = current->type == Type::document || current->type == Type::array;
        if (!is_document && current->type != Type::code_with_scope) {
            ++current;
            continue;
        }
        if (around.size() + 1 >= depth_max) {
            refuse("nested too deeply");
        }
        const View nested(is_document ? current->value : scope_of(*current));
        around.push_back(current);
        current = nested.begin();
    }
}

bool says_nothing(const std::optional<Element>& field) {
    return !field || field->type == Type::null || field->type == Type::undefined ||
           (field->is_string() && field->string().empty());
}

std::optional<std::string_view> find_text(View document, std::string_view key) {
    const auto field = document.find(key);
    return field && field->is_string() ? std::optional(field->string()) : std::nullopt;
}

std::string to_extended_json(View document) {
    try {
        document.validate(json_depth_max);
    } catch (const Malformed&) {
        return std::string(unwritable_json);
    }
    bson_t bytes;
    if (!bson_init_static(&bytes, document.bytes().data(), document.size_bytes())) {
        return std::string(unwritable_json);
    }
    std::size_t length = 0;
    const std::unique_ptr<char, FreeBsonText> text(bson_as_canonical_extended_json(&bytes, &length));
    if (text == nullptr) {
        return std::string(unwritable_json);
    }
    return without_blanks_between_tokens({text.get(), length});
}

std::string to_extended_json(const Element& element) {
    constexpr std::string_view before = "{\"v\":";
    constexpr std::string_view after = "}";
    Builder builder;
    builder.copy_as("v", element);
    auto json = to_extended_json(builder.take());
    if (json == unwritable_json) {
        return json;
    }
    return json.substr(before.size(), json.size() - before.size() - after.size());
}

}  // namespace twinfleet::bson
