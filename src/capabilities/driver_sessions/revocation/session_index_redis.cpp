#include "capabilities/driver_sessions/revocation/session_index_redis.hpp"

#include "capabilities/driver_sessions/revocation/subjects.hpp"

namespace twinfleet::driver_sessions {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

/// KEYS: the set of a subject. ARGV: tag, until, now.
const redis::Script add_script(R"(
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
if redis.call('PEXPIRETIME', KEYS[1]) < tonumber(ARGV[2]) then
    redis.call('PEXPIREAT', KEYS[1], ARGV[2])
end
return 1
)");

std::string key_of(const std::string& subject) {
    return "driver_sessions_of:" + subject;
}

std::string part_of(const std::string& subject, char digit) {
    return key_of(subject) + ':' + digit;
}

bool is_in_parts(std::string_view subject) {
    // Of every family alike, so an empty name does.
    return subject.starts_with(family_subject(""));
}

}  // namespace

void SessionIndex::add(std::vector<redis::Command>& commands, std::string_view tag,
                       std::span<const std::string> subjects, std::int64_t now_ms, std::int64_t until_ms) {
    for (const std::string& subject : subjects) {
        const std::vector<std::string> keys{is_in_parts(subject) ? part_of(subject, tag.front()) : key_of(subject)};
        const std::vector<std::string> arguments{std::string(tag), std::to_string(until_ms), std::to_string(now_ms)};
        commands.emplace_back(add_script, keys, arguments);
    }
}

void SessionIndex::for_each(const std::string& subject,
                            const std::function<void(std::span<const std::string> tags)>& use) const {
    std::vector<std::string> keys;
    if (is_in_parts(subject)) {
        for (const char digit : digits) {
            keys.push_back(part_of(subject, digit));
        }
    } else {
        keys.push_back(key_of(subject));
    }
    for (const std::string& key : keys) {
        std::string cursor = "0";
        do {
            const auto reply = pool_.call(redis::Command{"ZSCAN", key, cursor, "COUNT"}.add(tags_of_a_page));
            cursor = reply.items().at(0).text();
            std::vector<std::string> tags;
            const auto& tags_and_times = reply.items().at(1).items();
            for (std::size_t i = 0; i + 1 < tags_and_times.size(); i += 2) {
                tags.push_back(tags_and_times[i].text());
            }
            if (!tags.empty()) {
                use(tags);
            }
        } while (cursor != "0");
    }
}

}  // namespace twinfleet::driver_sessions
