#include "capabilities/driver_login/secrets/login_secrets.hpp"

#include <stdexcept>
#include <vector>

#include <sodium.h>

#include "capabilities/driver_sessions/revocation/subjects.hpp"

namespace twinfleet::driver_login {
namespace {

constexpr std::size_t id_bytes = 16;
constexpr std::size_t token_bytes = 32;

void initialize() {
    // Once a process; later calls do nothing.
    if (sodium_init() < 0) {
        throw std::runtime_error("libsodium cannot be used: there is no source of random numbers");
    }
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex_of(const unsigned char* bytes, std::size_t size) {
    std::string hex(size * 2 + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), bytes, size);
    hex.pop_back();
    return hex;
}

std::string random_hex(std::size_t size) {
    initialize();
    std::vector<unsigned char> bytes(size);
    randombytes_buf(bytes.data(), bytes.size());
    return hex_of(bytes.data(), bytes.size());
}

template <std::size_t size>
std::array<unsigned char, size> derive(std::string_view key, std::string_view purpose) {
    std::array<unsigned char, size> derived{};
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, derived.size());
    crypto_generichash_update(&state, bytes_of(purpose), purpose.size());
    // Purposes hold no NUL.
    crypto_generichash_update(&state, bytes_of({"\0", 1}), 1);
    crypto_generichash_update(&state, bytes_of(key), key.size());
    crypto_generichash_final(&state, derived.data(), derived.size());
    return derived;
}

}  // namespace

LoginSecrets::LoginSecrets(std::string_view key) {
    initialize();
    if (key.size() < key_bytes_min) {
        throw std::invalid_argument("login.code_key: expected at least 32 characters, as `openssl rand -hex 32` makes");
    }
    digest_key_ = derive<std::tuple_size_v<Key>>(key, "twinfleet driver login: digests");
    seal_key_ = derive<std::tuple_size_v<Key>>(key, "twinfleet driver login: seals");
    session_phone_key_ = digest("session phone key", "").substr(0, driver_sessions::phone_key_digits);
}

LoginSecrets LoginSecrets::of_this_process() {
    return LoginSecrets(random_hex(key_bytes_min));
}

std::string LoginSecrets::random_code() {
    initialize();
    constexpr std::uint32_t codes = 1'000'000;
    const std::string digits = std::to_string(randombytes_uniform(codes));
    return std::string(code_length - digits.size(), '0') + digits;
}

std::string LoginSecrets::random_id() {
    return random_hex(id_bytes);
}

std::string LoginSecrets::random_token() {
    return random_hex(token_bytes);
}

std::string LoginSecrets::digest(std::string_view purpose, std::string_view text) const {
    std::array<unsigned char, crypto_generichash_BYTES> result{};
    crypto_generichash_state state;
    crypto_generichash_init(&state, digest_key_.data(), digest_key_.size(), result.size());
    crypto_generichash_update(&state, bytes_of(purpose), purpose.size());
    crypto_generichash_update(&state, bytes_of({"\0", 1}), 1);
    crypto_generichash_update(&state, bytes_of(text), text.size());
    crypto_generichash_final(&state, result.data(), result.size());
    return hex_of(result.data(), result.size());
}

std::string LoginSecrets::session_phone_digest(std::string_view phone) const {
    return session_phone_key_ + digest("session phone", phone);
}

std::string LoginSecrets::seal(std::string_view text) const {
    static_assert(crypto_secretbox_KEYBYTES == std::tuple_size_v<Key>);
    std::vector<unsigned char> sealed(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + text.size());
    randombytes_buf(sealed.data(), crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(sealed.data() + crypto_secretbox_NONCEBYTES, bytes_of(text), text.size(), sealed.data(),
                          seal_key_.data());
    return hex_of(sealed.data(), sealed.size());
}

std::optional<std::string> LoginSecrets::open(std::string_view sealed) const {
    constexpr std::size_t overhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (sealed.size() < 2 * overhead) {
        return std::nullopt;
    }
    std::vector<unsigned char> bytes(sealed.size() / 2);
    std::size_t size = 0;
    if (sodium_hex2bin(bytes.data(), bytes.size(), sealed.data(), sealed.size(), nullptr, &size, nullptr) != 0 ||
        size * 2 != sealed.size() || size < overhead) {
        return std::nullopt;
    }
    std::string text(size - overhead, '\0');
    if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(text.data()),
                                   bytes.data() + crypto_secretbox_NONCEBYTES, size - crypto_secretbox_NONCEBYTES,
                                   bytes.data(), seal_key_.data()) != 0) {
        return std::nullopt;
    }
    return text;
}

}  // namespace twinfleet::driver_login
