#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Records: what a cache holds of a document, packed into one run of bytes, which is the same in memory and in a dump.
namespace twinfleet::incremental_cache {

using Bytes = std::span<const std::uint8_t>;

/// Thrown for a record that ends too early or holds what no RecordWriter writes: it is damaged, or another schema wrote
/// it.
class MalformedRecord : public std::runtime_error {
public:
    MalformedRecord() : std::runtime_error("a record that cannot be read") {}
};

/// Packs values one after the other. Equal values make equal bytes.
class RecordWriter {
public:
    /// Adds a text. One of 32 lower-case hexadecimal digits, as many ids are, takes 17 bytes; any other takes its
    /// length and one byte or more.
    void text(std::string_view value);
    void number(std::uint64_t value);
    void signed_number(std::int64_t value);

    [[nodiscard]] Bytes bytes() const noexcept { return bytes_; }
    void clear() noexcept { bytes_.clear(); }

private:
    std::vector<std::uint8_t> bytes_;
};

/// Reads what a RecordWriter has written, in the same order. Every function throws MalformedRecord when the bytes are
/// not what it reads.
class RecordReader {
public:
    explicit RecordReader(Bytes bytes) noexcept : rest_(bytes) {}

    [[nodiscard]] std::string text();
    /// Reads the next text and tells whether it is `expected`, without allocating memory.
    [[nodiscard]] bool text_is(std::string_view expected);
    [[nodiscard]] std::uint64_t number() {
        // Nearly all are this short.
        if (!rest_.empty() && rest_.front() < 0x80) {
            const std::uint8_t value = rest_.front();
            rest_ = rest_.subspan(1);
            return value;
        }
        return long_number();
    }
    [[nodiscard]] std::int64_t signed_number();
    /// Throws unless everything has been read.
    void finish() const;

private:
    [[nodiscard]] std::uint64_t long_number();
    [[nodiscard]] Bytes take(std::uint64_t count);

    Bytes rest_;
};

}  // namespace twinfleet::incremental_cache
