#pragma once

#include <array>
#include <string>
#include <string_view>

#include <sodium.h>

namespace twinfleet::api::testing {

// SHA-256 of `one` and `two`, by sha256sum.
inline constexpr const char* sha256_of_one = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
inline constexpr const char* sha256_of_two = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";

/// What a file of service tokens holds of a token: the 64 hex digits of its SHA-256.
[[nodiscard]] inline std::string token_digest(std::string_view token) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(token.data()), token.size());
    std::string digits(2 * hash.size() + 1, '\0');
    sodium_bin2hex(digits.data(), digits.size(), hash.data(), hash.size());
    digits.pop_back();
    return digits;
}

}  // namespace twinfleet::api::testing
