#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/redis/client.hpp"

/// Which slot of a Redis Cluster a command belongs to
/// (redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec, "Key distribution model").
namespace twinfleet::redis {

inline constexpr std::size_t slots_count = 16'384;

/// The slot of a key: CRC-16/XMODEM of its hash tag, or of the whole key when it has none, modulo 16384. The hash tag
/// is what stands between the first `{` and the next `}`, unless that is nothing.
[[nodiscard]] std::uint16_t slot_of_key(std::string_view key) noexcept;

/// The slot of all keys of a command; of PUBLISH and SPUBLISH that of the channel. Throws std::logic_error, which is a
/// mistake of whoever made the command: it has no key, or keys in several slots, or nobody has told this function
/// where the keys of such a command are.
[[nodiscard]] std::uint16_t slot_of(const Command& command);

}  // namespace twinfleet::redis
