#include "platform/bson/builder.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

#include <bson/bson.h>

namespace twinfleet::bson {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr std::size_t length_prefix_size = 4;
/// Most documents of the fleet weigh less.
constexpr std::size_t usual_size = 1024;

void append(Buffer& buffer, const void* bytes, std::size_t size) {
    const auto* first = static_cast<const std::uint8_t*>(bytes);
    buffer.insert(buffer.end(), first, first + size);
}

template <typename Number>
void append_little_endian(Buffer& buffer, Number value) {
    static_assert(std::endian::native == std::endian::little);
    append(buffer, &value, sizeof value);
}

std::int32_t checked_length(std::size_t length) {
    if (length > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
        throw std::length_error("BSON holds lengths up to 2^31 - 1 bytes");
    }
    return static_cast<std::int32_t>(length);
}

void require_key(std::string_view key) {
    if (!key.empty() && std::memchr(key.data(), 0, key.size()) != nullptr) {
        throw std::invalid_argument("a BSON key cannot hold NUL");
    }
}

/// bson_t carries an alignment attribute, which a template argument would lose.
class OwnedBson {
public:
    explicit OwnedBson(bson_t* document) noexcept : document_(document) {}
    OwnedBson(const OwnedBson&) = delete;
    OwnedBson& operator=(const OwnedBson&) = delete;
    ~OwnedBson() { bson_destroy(document_); }
    [[nodiscard]] const bson_t* get() const noexcept { return document_; }

private:
    bson_t* document_;
};

}  // namespace

void Builder::begin() {
    if (bytes_.empty()) {
        bytes_.reserve(usual_size);
        bytes_.resize(length_prefix_size);
    }
}

Builder& Builder::copy(const Element& element) {
    return copy(element.whole);
}

Builder& Builder::copy(Bytes whole_elements) {
    begin();
    append(bytes_, whole_elements.data(), whole_elements.size());
    return *this;
}

Builder& Builder::copy_as(std::string_view name, const Element& element) {
    key(element.type, name);
    append(bytes_, element.value.data(), element.value.size());
    return *this;
}

Builder& Builder::string(std::string_view name, std::string_view value) {
    const auto length = checked_length(value.size() + 1);
    key(Type::utf8, name);
    append_little_endian(bytes_, length);
    append(bytes_, value.data(), value.size());
    bytes_.push_back(0);
    return *this;
}

Builder& Builder::int32(std::string_view name, std::int32_t value) {
    key(Type::int32, name);
    append_little_endian(bytes_, value);
    return *this;
}

Builder& Builder::int64(std::string_view name, std::int64_t value) {
    key(Type::int64, name);
    append_little_endian(bytes_, value);
    return *this;
}

Builder& Builder::real(std::string_view name, double value) {
    key(Type::double_, name);
    append_little_endian(bytes_, value);
    return *this;
}

Builder& Builder::boolean(std::string_view name, bool value) {
    key(Type::boolean, name);
    bytes_.push_back(value ? 1 : 0);
    return *this;
}

Builder& Builder::date(std::string_view name, std::int64_t milliseconds) {
    key(Type::date, name);
    append_little_endian(bytes_, milliseconds);
    return *this;
}

Builder& Builder::timestamp(std::string_view name, Timestamp value) {
    key(Type::timestamp, name);
    append_little_endian(bytes_, value.increment);
    append_little_endian(bytes_, value.seconds);
    return *this;
}

Builder& Builder::null(std::string_view name) {
    key(Type::null, name);
    return *this;
}

Builder& Builder::document(std::string_view name, View value) {
    key(Type::document, name);
    append(bytes_, value.bytes().data(), value.size_bytes());
    return *this;
}

Builder& Builder::array(std::string_view name, View value) {
    key(Type::array, name);
    append(bytes_, value.bytes().data(), value.size_bytes());
    return *this;
}

Builder& Builder::begin_document(std::string_view name) {
    key(Type::document, name);
    open_.push_back(bytes_.size());
    bytes_.resize(bytes_.size() + length_prefix_size);
    return *this;
}

Builder& Builder::begin_array(std::string_view name) {
    key(Type::array, name);
    open_.push_back(bytes_.size());
    bytes_.resize(bytes_.size() + length_prefix_size);
    return *this;
}

Builder& Builder::end() {
    if (open_.empty()) {
        throw std::logic_error("end() without a begin_document() or begin_array()");
    }
    close(open_.back());
    open_.pop_back();
    return *this;
}

Document Builder::take() {
    static_cast<void>(finish());
    return Document(std::exchange(bytes_, {}));
}

View Builder::finish() {
    if (!open_.empty()) {
        throw std::logic_error("the document ends while a nested one is open");
    }
    begin();
    close(0);
    return View(bytes_);
}

void Builder::key(Type type, std::string_view name) {
    require_key(name);
    begin();
    bytes_.push_back(static_cast<std::uint8_t>(type));
    append(bytes_, name.data(), name.size());
    bytes_.push_back(0);
}

void Builder::close(std::size_t start) {
    const auto length = checked_length(bytes_.size() + 1 - start);
    bytes_.push_back(0);
    std::memcpy(bytes_.data() + start, &length, sizeof length);
}

Document string_array(const std::vector<std::string_view>& values) {
    Builder builder;
    std::array<char, 20> index_text{};
    for (std::size_t index = 0; index < values.size(); ++index) {
        const auto end = std::to_chars(index_text.data(), index_text.data() + index_text.size(), index).ptr;
        builder.string({index_text.data(), end}, values[index]);
    }
    return builder.take();
}

Document from_json(std::string_view json) {
    bson_error_t error{};
    const OwnedBson document(bson_new_from_json(reinterpret_cast<const std::uint8_t*>(json.data()),
                                                static_cast<ssize_t>(json.size()), &error));
    if (document.get() == nullptr) {
        throw std::invalid_argument(std::string("not Extended JSON: ") + error.message);
    }
    return Document(View(Bytes(bson_get_data(document.get()), document.get()->len)));
}

}  // namespace twinfleet::bson
