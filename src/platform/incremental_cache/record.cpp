#include "platform/incremental_cache/record.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace twinfleet::incremental_cache {
namespace {

constexpr std::size_t id_digits = 32;
constexpr std::size_t id_bytes = id_digits / 2;
/// In front of a text: 1 for an id of hex digits, twice the length for any other.
constexpr std::uint64_t id_mark = 1;

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::uint8_t no_digit = 0xff;
constexpr auto digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        values[static_cast<std::uint8_t>(digits[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}();
constexpr auto digit_pairs = [] {
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        pairs[i] = {digits[i / 16], digits[i % 16]};
    }
    return pairs;
}();

bool is_hex_id(std::string_view text) {
    return text.size() == id_digits && std::ranges::all_of(text, [](char character) {
               return digit_values[static_cast<std::uint8_t>(character)] != no_digit;
           });
}

std::uint8_t byte_of(char high, char low) {
    return static_cast<std::uint8_t>(digit_values[static_cast<std::uint8_t>(high)] << 4U |
                                     digit_values[static_cast<std::uint8_t>(low)]);
}

bool equal(std::string_view text, Bytes bytes) {
    return text.size() == bytes.size() && std::equal(bytes.begin(), bytes.end(), text.begin(), [](auto byte, char c) {
               return byte == static_cast<std::uint8_t>(c);
           });
}

}  // namespace

void RecordWriter::text(std::string_view value) {
    if (is_hex_id(value)) {
        number(id_mark);
        for (std::size_t i = 0; i < id_digits; i += 2) {
            bytes_.push_back(byte_of(value[i], value[i + 1]));
        }
    } else {
        number(std::uint64_t{value.size()} * 2);
        bytes_.insert(bytes_.end(), value.begin(), value.end());
    }
}

void RecordWriter::number(std::uint64_t value) {
    // Base 128, least significant first, as LEB128.
    while (value >= 0x80) {
        bytes_.push_back(static_cast<std::uint8_t>(value | 0x80U));
        value >>= 7U;
    }
    bytes_.push_back(static_cast<std::uint8_t>(value));
}

void RecordWriter::signed_number(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number(value < 0 ? ~(bits << 1U) : bits << 1U);
}

Bytes RecordReader::take(std::uint64_t count) {
    if (count > rest_.size()) {
        throw MalformedRecord();
    }
    const Bytes taken = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(taken.size());
    return taken;
}

std::string RecordReader::text() {
    const std::uint64_t mark = number();
    if (mark == id_mark) {
        std::array<char, id_digits> id;
        char* digit = id.data();
        for (const std::uint8_t byte : take(id_bytes)) {
            std::memcpy(digit, digit_pairs[byte].data(), 2);
            digit += 2;
        }
        return {id.data(), id.size()};
    }
    if (mark % 2 != 0) {
        throw MalformedRecord();
    }
    const Bytes bytes = take(mark / 2);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool RecordReader::text_is(std::string_view expected) {
    const std::uint64_t mark = number();
    if (mark == id_mark) {
        const Bytes bytes = take(id_bytes);
        if (expected.size() != id_digits) {
            return false;
        }
        for (std::size_t i = 0; i < id_bytes; ++i) {
            if (digit_pairs[bytes[i]][0] != expected[2 * i] || digit_pairs[bytes[i]][1] != expected[2 * i + 1]) {
                return false;
            }
        }
        return true;
    }
    if (mark % 2 != 0) {
        throw MalformedRecord();
    }
    return equal(expected, take(mark / 2));
}

std::uint64_t RecordReader::long_number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint8_t byte = take(1).front();
        value |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    throw MalformedRecord();
}

std::int64_t RecordReader::signed_number() {
    const std::uint64_t bits = number();
    return static_cast<std::int64_t>(bits % 2 != 0 ? ~(bits >> 1U) : bits >> 1U);
}

void RecordReader::finish() const {
    if (!rest_.empty()) {
        throw MalformedRecord();
    }
}

}  // namespace twinfleet::incremental_cache
