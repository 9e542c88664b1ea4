#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// What a cache holds of a document, packed into one run of bytes; the same in memory and in a dump.
namespace twinfleet::incremental_cache {

using Bytes = std::span<const std::uint8_t>;

/// A record that ends too early or holds what no writer writes: of another schema, or damaged.
class MalformedRecord : public std::runtime_error {
public:
    MalformedRecord() : std::runtime_error("a record that cannot be read") {}
};

/// Equal values make equal bytes.
class RecordWriter {
public:
    /// Ids of 32 lower-case hex digits take 17 bytes.
    void text(std::string_view value);
    void number(std::uint64_t value);
    void signed_number(std::int64_t value);

    [[nodiscard]] Bytes bytes() const noexcept { return bytes_; }
    void clear() noexcept { bytes_.clear(); }

private:
    std::vector<std::uint8_t> bytes_;
};

/// Reads in the order of writing. Everything throws MalformedRecord.
class RecordReader {
public:
    explicit RecordReader(Bytes bytes) noexcept : rest_(bytes) {}

    [[nodiscard]] std::string text();
    /// Whether the next text is `expected`; without memory of its own.
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
    void finish() const;

private:
    [[nodiscard]] std::uint64_t long_number();
    [[nodiscard]] Bytes take(std::uint64_t count);

    Bytes rest_;
};

}  // namespace twinfleet::incremental_cache
