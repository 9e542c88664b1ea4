#include "capabilities/driver_sessions/token.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

#include <sodium.h>

namespace twinfleet::driver_sessions {
namespace {

using Digest = std::array<unsigned char, crypto_hash_sha256_BYTES>;

std::string to_hex(std::span<const unsigned char> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        hex += digits[byte / 16];
        hex += digits[byte % 16];
    }
    return hex;
}

Digest sha256(std::string_view text) {
    Digest digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
    return digest;
}

}  // namespace

std::string redis_tag(const DriverKey& driver) {
    // With the lengths, so that no two pairs of ids read the same.
    const auto text = std::to_string(driver.park_id.size()) + ':' + driver.park_id +
                      std::to_string(driver.driver_id.size()) + ':' + driver.driver_id;
    const auto digest = sha256(text);
    return to_hex(std::span(digest).first(tag_digits / 2));
}

std::string make_token(const DriverKey& driver) {
    // May be called more than once, from any thread.
    if (sodium_init() < 0) {
        throw std::runtime_error("libsodium cannot be initialized");
    }
    std::array<unsigned char, random_digits / 2> random{};
    randombytes_buf(random.data(), random.size());
    return redis_tag(driver) + to_hex(random);
}

std::optional<std::string_view> tag_of_token(std::string_view token) {
    const bool is_token = token.size() == tag_digits + random_digits &&
                          std::all_of(token.begin(), token.end(),
                                      [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    return is_token ? std::optional(token.substr(0, tag_digits)) : std::nullopt;
}

std::string sha256_of_token(std::string_view token) {
    return to_hex(sha256(token));
}

bool is_same_digest(std::string_view left, std::string_view right) {
    return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace twinfleet::driver_sessions
