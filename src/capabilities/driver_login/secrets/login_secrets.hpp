#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::driver_login {

/// How many digits a code has. OWASP ASVS 5.0, 6.5.4 takes six for sufficient, and NIST SP 800-63B-4, section 3.1.3.2
/// asks for at least six; both together with a limit on guesses.
inline constexpr std::size_t code_length = 6;

/// Makes codes and tokens, and the forms in which they and phones are stored, by libsodium. Safe to use from any
/// thread.
///
/// What a store holds is of no use without the key. Digests are BLAKE2b with a key (RFC 7693), so that neither a code
/// of six digits nor a phone can be found by trying all of them; phones are encrypted with XSalsa20-Poly1305.
class LoginSecrets {
public:
    static constexpr std::size_t key_bytes_min = 32;

    /// `key` is the setting `login.code_key`, the same in all replicas. Throws std::invalid_argument when it is shorter
    /// than key_bytes_min.
    explicit LoginSecrets(std::string_view key);
    /// With a random key that is gone when the process ends. Codes and tokens made by another replica, or before a
    /// restart, are not valid then.
    [[nodiscard]] static LoginSecrets of_this_process();

    /// code_length decimal digits, each code as likely as any other (randombytes_uniform; ASVS 5.0, 6.5.3).
    [[nodiscard]] static std::string random_code();
    /// 128 random bits as 32 hex digits.
    [[nodiscard]] static std::string random_id();
    /// 256 random bits as 64 hex digits.
    [[nodiscard]] static std::string random_token();

    /// The digest of `text`, 64 hex digits. `purpose` makes the digests of one text for different purposes differ.
    [[nodiscard]] std::string digest(std::string_view purpose, std::string_view text) const;
    /// Encrypts `text`; the result is hex digits. Sealing the same text twice gives two different results.
    [[nodiscard]] std::string seal(std::string_view text) const;
    /// The text that seal() was given; nullopt for anything that was not sealed with this key.
    [[nodiscard]] std::optional<std::string> open(std::string_view sealed) const;

    /// What is stored of the phone that a session was begun with (driver_sessions::PhoneDigest): 8 hex digits by which
    /// the key is known, and 64 that stand for the phone.
    [[nodiscard]] std::string session_phone_digest(std::string_view phone) const;

private:
    using Key = std::array<unsigned char, 32>;
    Key digest_key_{};
    Key seal_key_{};
    /// How digests of the phones of sessions begin: every request of a driver asks for one.
    std::string session_phone_key_;
};

}  // namespace twinfleet::driver_login
