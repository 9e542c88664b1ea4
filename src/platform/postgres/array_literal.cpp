#include "platform/postgres/array_literal.hpp"

#include <array>

#include "platform/errors/store_error.hpp"
#include "platform/postgres/errors.hpp"

namespace twinfleet::postgres {
namespace {

constexpr auto hex_pairs = [] {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
        pairs[byte] = {digits[byte / 16], digits[byte % 16]};
    }
    return pairs;
}();

}  // namespace

void ArrayLiteral::add(std::string_view value) {
    const auto has = [value](char character) { return value.find(character) != std::string_view::npos; };
    if (has('\0')) {
        throw platform::StoreRefused(store_name, 0, "a text with a NUL byte cannot be stored");
    }
    separate();
    // Always quoted: an empty string, NULL, blanks, commas and braces are then text like any other.
    text_ += '"';
    if (!has('"') && !has('\\')) {
        // Nearly all: ids.
        text_ += value;
    } else {
        for (const char character : value) {
            if (character == '"' || character == '\\') {
                text_ += '\\';
            }
            text_ += character;
        }
    }
    text_ += '"';
}

void ArrayLiteral::add_bytea(std::span<const std::uint8_t> bytes) {
    separate();
    text_ += "\"\\\\x";
    const auto start = text_.size();
    text_.resize(start + 2 * bytes.size());
    auto* place = text_.data() + start;
    for (const auto byte : bytes) {
        *place++ = hex_pairs[byte][0];
        *place++ = hex_pairs[byte][1];
    }
    text_ += '"';
}

void ArrayLiteral::add_null() {
    separate();
    text_ += "NULL";
}

}  // namespace twinfleet::postgres
