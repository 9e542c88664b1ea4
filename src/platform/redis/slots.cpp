#include "platform/redis/slots.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <stdexcept>
#include <string>

#include <boost/crc.hpp>

namespace twinfleet::redis {
namespace {

/// The first argument is the key.
constexpr std::array<std::string_view, 82> commands_with_one_key{"APPEND",
                                                                 "BITCOUNT",
                                                                 "BITPOS",
                                                                 "DECR",
                                                                 "DECRBY",
                                                                 "DUMP",
                                                                 "EXPIRE",
                                                                 "EXPIREAT",
                                                                 "EXPIRETIME",
                                                                 "GEOADD",
                                                                 "GEODIST",
                                                                 "GEOPOS",
                                                                 "GEOSEARCH",
                                                                 "GET",
                                                                 "GETBIT",
                                                                 "GETDEL",
                                                                 "GETEX",
                                                                 "GETRANGE",
                                                                 "GETSET",
                                                                 "HDEL",
                                                                 "HEXISTS",
                                                                 "HGET",
                                                                 "HGETALL",
                                                                 "HINCRBY",
                                                                 "HKEYS",
                                                                 "HLEN",
                                                                 "HMGET",
                                                                 "HSET",
                                                                 "HSETNX",
                                                                 "HVALS",
                                                                 "INCR",
                                                                 "INCRBY",
                                                                 "LINDEX",
                                                                 "LLEN",
                                                                 "LPOP",
                                                                 "LPUSH",
                                                                 "LRANGE",
                                                                 "LREM",
                                                                 "LTRIM",
                                                                 "PERSIST",
                                                                 "PEXPIRE",
                                                                 "PEXPIREAT",
                                                                 "PEXPIRETIME",
                                                                 "PFADD",
                                                                 "PSETEX",
                                                                 "PTTL",
                                                                 "PUBLISH",
                                                                 "RESTORE",
                                                                 "RPOP",
                                                                 "RPUSH",
                                                                 "SADD",
                                                                 "SCARD",
                                                                 "SET",
                                                                 "SETBIT",
                                                                 "SETEX",
                                                                 "SETNX",
                                                                 "SISMEMBER",
                                                                 "SMEMBERS",
                                                                 "SMISMEMBER",
                                                                 "SPOP",
                                                                 "SPUBLISH",
                                                                 "SREM",
                                                                 "STRLEN",
                                                                 "TTL",
                                                                 "TYPE",
                                                                 "XADD",
                                                                 "XDEL",
                                                                 "XLEN",
                                                                 "XRANGE",
                                                                 "XREVRANGE",
                                                                 "XTRIM",
                                                                 "ZADD",
                                                                 "ZCARD",
                                                                 "ZCOUNT",
                                                                 "ZINCRBY",
                                                                 "ZRANGE",
                                                                 "ZRANGEBYSCORE",
                                                                 "ZREM",
                                                                 "ZREMRANGEBYRANK",
                                                                 "ZREMRANGEBYSCORE",
                                                                 "ZSCAN",
                                                                 "ZSCORE"};
static_assert(std::ranges::is_sorted(commands_with_one_key));

/// All arguments are keys.
constexpr std::array<std::string_view, 5> commands_of_keys{"DEL", "EXISTS", "MGET", "TOUCH", "UNLINK"};

/// The second argument says how many keys follow.
constexpr std::array<std::string_view, 4> commands_with_counted_keys{"EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::span<const std::string> keys_of(const Command& command) {
    const std::span parts(command.parts());
    const std::string& name = parts.front();
    if (std::ranges::binary_search(commands_with_one_key, std::string_view(name))) {
        return parts.subspan(std::min<std::size_t>(1, parts.size()), parts.size() > 1 ? 1 : 0);
    }
    if (is_one_of(commands_of_keys, name)) {
        return parts.subspan(1);
    }
    if (is_one_of(commands_with_counted_keys, name) && parts.size() >= 3) {
        std::size_t count = 0;
        std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), count);
        return parts.subspan(3, std::min(count, parts.size() - 3));
    }
    // The name alone: arguments may be what must not be in a log.
    throw std::logic_error("where the keys of " + name + " are, is not known; a cluster could not serve it");
}

std::string_view hash_tag_of(std::string_view key) noexcept {
    const auto open = key.find('{');
    if (open == std::string_view::npos) {
        return key;
    }
    const auto close = key.find('}', open + 1);
    if (close == std::string_view::npos || close == open + 1) {
        return key;
    }
    return key.substr(open + 1, close - open - 1);
}

}  // namespace

std::uint16_t slot_of_key(std::string_view key) noexcept {
    const auto tag = hash_tag_of(key);
    boost::crc_optimal<16, 0x1021, 0, 0, false, false> crc;
    crc.process_bytes(tag.data(), tag.size());
    return static_cast<std::uint16_t>(crc.checksum() % slots_count);
}

std::uint16_t slot_of(const Command& command) {
    const auto keys = keys_of(command);
    if (keys.empty()) {
        throw std::logic_error(command.parts().front() + " has no key; a cluster could not serve it");
    }
    const auto slot = slot_of_key(keys.front());
    for (const auto& key : keys.subspan(1)) {
        if (slot_of_key(key) != slot) {
            throw std::logic_error("the keys of one " + command.parts().front() +
                                   " are in several slots; a cluster could not serve it");
        }
    }
    return slot;
}

}  // namespace twinfleet::redis
