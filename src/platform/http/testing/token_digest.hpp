#pragma once

#include <array>
#include <string>
#include <string_view>

#include <sodium.h>

namespace twinfleet::http::testing {

/// What a file of service tokens holds of a token: the 64 hex digits of its SHA-256.
[[nodiscard]] inline std::string token_digest(std::string_view token) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(token.data()), token.size());
    std::string digits(2 * hash.size() + 1, '\0');
    sodium_bin2hex(digits.data(), digits.size(), hash.data(), hash.size());
    digits.pop_back();
    return digits;
}

}  // namespace twinfleet::http::testing
