#include "capabilities/mirroring/stores/id_source.hpp"

#include <array>
#include <stdexcept>

#include <sodium.h>

namespace twinfleet::mirroring {

RandomIdSource::RandomIdSource() {
    if (sodium_init() < 0) {
        throw std::runtime_error("the random number generator of libsodium cannot be initialised");
    }
}

std::string RandomIdSource::next() {
    constexpr std::size_t id_bytes = 16;
    // One call of the generator serves many ids.
    struct Buffer {
        std::array<unsigned char, id_bytes * 256> bytes{};
        std::size_t used = sizeof(bytes);
    };
    thread_local Buffer buffer;
    if (buffer.used == buffer.bytes.size()) {
        randombytes_buf(buffer.bytes.data(), buffer.bytes.size());
        buffer.used = 0;
    }
    std::string id(2 * id_bytes + 1, '\0');
    sodium_bin2hex(id.data(), id.size(), buffer.bytes.data() + buffer.used, id_bytes);
    buffer.used += id_bytes;
    id.pop_back();
    return id;
}

}  // namespace twinfleet::mirroring
