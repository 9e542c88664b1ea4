#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::driver_login {

/// Digits of a code, which is what OWASP ASVS 5.0, 6.5.4 takes for sufficient and NIST SP 800-63B-4, section 3.1.3.2
/// asks for at least; both with a limit on guesses.
inline constexpr std::size_t code_length = 6;

/// Codes, tokens and their stored forms, by libsodium. Safe to use from any thread.
///
/// What a store holds is of no use without the key: digests are BLAKE2b with a key (RFC 7693), so that neither six
/// digits nor a phone can be found by trying all of them, and phones are sealed by XSalsa20-Poly1305.
class LoginSecrets {
public:
    static constexpr std::size_t key_bytes_min = 32;

    /// `key` is the setting `login.code_key`, the same in all replicas. Throws std::invalid_argument when it is shorter
    /// than key_bytes_min.
    explicit LoginSecrets(std::string_view key);
    /// With a key that ends with the process: codes and tokens of other replicas, and from before a restart, do not
    /// count.
    [[nodiscard]] static LoginSecrets of_this_process();

    /// code_length decimal digits, each code as likely as the other (randombytes_uniform; ASVS 5.0, 6.5.3).
    [[nodiscard]] static std::string random_code();
    /// 32 hex digits.
    [[nodiscard]] static std::string random_id();
    /// 64 hex digits.
    [[nodiscard]] static std::string random_token();

    /// 64 hex digits. `purpose` keeps digests of equal texts apart.
    [[nodiscard]] std::string digest(std::string_view purpose, std::string_view text) const;
    /// Hex digits; two seals of one text differ.
    [[nodiscard]] std::string seal(std::string_view text) const;
    /// nullopt for what was not sealed by this key.
    [[nodiscard]] std::optional<std::string> open(std::string_view sealed) const;

private:
    using Key = std::array<unsigned char, 32>;
    Key digest_key_{};
    Key seal_key_{};
};

}  // namespace twinfleet::driver_login
