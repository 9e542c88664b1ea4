#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include <bson/bson.h>

#include "platform/bson/view.hpp"

/// Documents for the tests of this folder, written by libbson and not by the code under test.
namespace twinfleet::bson::testing {

using Buffer = std::vector<std::uint8_t>;

/// A document that libbson writes.
class Written {
public:
    Written() { bson_init(&bson_); }
    Written(const Written&) = delete;
    Written& operator=(const Written&) = delete;
    ~Written() { bson_destroy(&bson_); }
    [[nodiscard]] bson_t* get() noexcept { return &bson_; }
    [[nodiscard]] Buffer bytes() const { return {bson_get_data(&bson_), bson_get_data(&bson_) + bson_.len}; }

private:
    bson_t bson_;
};

constexpr std::array<std::uint8_t, 5> binary_data{0, 1, 2, 254, 255};
constexpr const char* object_id_text = "5f1e0a0b0c0d0e0f10111213";

inline bson_oid_t object_id() {
    bson_oid_t id;
    bson_oid_init_from_string(&id, object_id_text);
    return id;
}

/// One field of every type, under the type's name in camel case; nested ones hold one field each.
inline Buffer every_type() {
    Written document;
    Written nested;
    BSON_APPEND_INT32(nested.get(), "0", 7);
    const auto id = object_id();
    bson_decimal128_t decimal;
    bson_decimal128_from_string("12.50", &decimal);
    auto* bson = document.get();
    BSON_APPEND_DOUBLE(bson, "double", -1.5);
    bson_append_utf8(bson, "string", -1, "a\0b\xd1\x8f", 5);
    BSON_APPEND_DOCUMENT(bson, "document", nested.get());
    BSON_APPEND_ARRAY(bson, "array", nested.get());
    BSON_APPEND_BINARY(bson, "binary0", BSON_SUBTYPE_BINARY, binary_data.data(), binary_data.size());
    BSON_APPEND_BINARY(bson, "binary2", BSON_SUBTYPE_BINARY_DEPRECATED, binary_data.data(), binary_data.size());
    BSON_APPEND_BINARY(bson, "binary5", BSON_SUBTYPE_MD5, binary_data.data(), binary_data.size());
    BSON_APPEND_BINARY(bson, "binary128", BSON_SUBTYPE_USER, binary_data.data(), binary_data.size());
    BSON_APPEND_BINARY(bson, "binaryEmpty", BSON_SUBTYPE_BINARY, binary_data.data(), 0);
    BSON_APPEND_UNDEFINED(bson, "undefined");
    BSON_APPEND_OID(bson, "objectId", &id);
    BSON_APPEND_BOOL(bson, "true", true);
    BSON_APPEND_BOOL(bson, "false", false);
    BSON_APPEND_DATE_TIME(bson, "date", -1234567890123);
    BSON_APPEND_NULL(bson, "null");
    BSON_APPEND_REGEX(bson, "regex", "^a.*b$", "im");
    BSON_APPEND_DBPOINTER(bson, "dbPointer", "dbparks.parks", &id);
    BSON_APPEND_CODE(bson, "code", "return 1;");
    BSON_APPEND_SYMBOL(bson, "symbol", "sym");
    BSON_APPEND_CODE_WITH_SCOPE(bson, "codeWithScope", "return x;", nested.get());
    BSON_APPEND_INT32(bson, "int32", -32);
    BSON_APPEND_TIMESTAMP(bson, "timestamp", 1700000000, 42);
    BSON_APPEND_INT64(bson, "int64", INT64_MIN);
    BSON_APPEND_DECIMAL128(bson, "decimal128", &decimal);
    BSON_APPEND_MINKEY(bson, "minKey");
    BSON_APPEND_MAXKEY(bson, "maxKey");
    return document.bytes();
}

/// `levels` documents, each but the innermost holding the next.
inline Buffer nested(std::size_t levels) {
    Buffer bytes{5, 0, 0, 0, 0};
    for (std::size_t level = 1; level < levels; ++level) {
        bson_t inner;
        bson_init_static(&inner, bytes.data(), bytes.size());
        Written outer;
        BSON_APPEND_DOCUMENT(outer.get(), "a", &inner);
        bytes = outer.bytes();
    }
    return bytes;
}

/// Random fields of every type, random keys (also empty and repeated ones), some nesting.
class RandomDocuments {
public:
    explicit RandomDocuments(std::uint64_t seed) : random_(seed) {}

    Buffer next() {
        Written document;
        fill(document.get(), 3, false);
        return document.bytes();
    }
    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

private:
    std::string text(bool with_nul) {
        std::string text(below(12), ' ');
        for (auto& character : text) {
            character = static_cast<char>(below(255) + 1);
            if (with_nul && below(8) == 0) {
                character = 0;
            }
        }
        return text;
    }

    void fill(bson_t* bson, int depth_left, bool as_array) {
        const auto fields = below(7);
        for (std::size_t index = 0; index < fields; ++index) {
            append(bson, as_array ? std::to_string(index) : text(false), depth_left);
        }
    }

    void append(bson_t* bson, const std::string& key_text, int depth_left) {
        const char* key = key_text.data();
        const auto key_size = static_cast<int>(key_text.size());
        const auto value = text(true);
        const auto value_size = static_cast<int>(value.size());
        const auto id = object_id();
        const auto number = static_cast<std::int64_t>(random_());
        switch (below(depth_left > 0 ? 21 : 18)) {
            case 0:
                bson_append_double(bson, key, key_size, static_cast<double>(number));
                break;
            case 1:
                bson_append_utf8(bson, key, key_size, value.data(), value_size);
                break;
            case 2:
                bson_append_undefined(bson, key, key_size);
                break;
            case 3:
                bson_append_oid(bson, key, key_size, &id);
                break;
            case 4:
                bson_append_bool(bson, key, key_size, number % 2 == 0);
                break;
            case 5:
                bson_append_date_time(bson, key, key_size, number);
                break;
            case 6:
                bson_append_null(bson, key, key_size);
                break;
            case 7:
                bson_append_regex(bson, key, key_size, value.c_str(), "i");
                break;
            case 8:
                bson_append_dbpointer(bson, key, key_size, value.c_str(), &id);
                break;
            case 9:
                bson_append_code(bson, key, key_size, value.c_str());
                break;
            case 10:
                bson_append_symbol(bson, key, key_size, value.data(), value_size);
                break;
            case 11:
                bson_append_int32(bson, key, key_size, static_cast<std::int32_t>(number));
                break;
            case 12:
                bson_append_timestamp(bson, key, key_size, static_cast<std::uint32_t>(number),
                                      static_cast<std::uint32_t>(below(100)));
                break;
            case 13:
                bson_append_int64(bson, key, key_size, number);
                break;
            case 14: {
                const bson_decimal128_t decimal{.low = random_(), .high = random_()};
                bson_append_decimal128(bson, key, key_size, &decimal);
                break;
            }
            case 15:
                bson_append_minkey(bson, key, key_size);
                break;
            case 16:
                bson_append_maxkey(bson, key, key_size);
                break;
            case 17: {
                constexpr std::array subtypes{BSON_SUBTYPE_BINARY, BSON_SUBTYPE_BINARY_DEPRECATED, BSON_SUBTYPE_UUID,
                                              BSON_SUBTYPE_MD5, BSON_SUBTYPE_USER};
                bson_append_binary(bson, key, key_size, subtypes[below(subtypes.size())],
                                   reinterpret_cast<const std::uint8_t*>(value.data()),
                                   static_cast<std::uint32_t>(value_size));
                break;
            }
            default: {
                const auto kind = below(3);
                Written inner;
                fill(inner.get(), depth_left - 1, kind == 1);
                if (kind == 0) {
                    bson_append_document(bson, key, key_size, inner.get());
                } else if (kind == 1) {
                    bson_append_array(bson, key, key_size, inner.get());
                } else {
                    bson_append_code_with_scope(bson, key, key_size, value.c_str(), inner.get());
                }
            }
        }
    }

    std::mt19937_64 random_;
};

}  // namespace twinfleet::bson::testing
