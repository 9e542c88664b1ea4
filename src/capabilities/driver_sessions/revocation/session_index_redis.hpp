#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/redis/client.hpp"

namespace twinfleet::driver_sessions {

/// Which drivers may have sessions that a subject (subjects.hpp) is about, so that the sessions that a revocation ends
/// can be found and counted. It decides nothing: a session that is missing here ends all the same, when it is next
/// used.
///
/// Redis holds a ZSET `driver_sessions_of:<subject>` for each subject, of the tags of drivers (redis_tag()), each with
/// the time in ms since 1970 at which his last session will have ended at the latest. A driver stays in it once,
/// however often he logs in, until that time. The set of a family is in family_parts parts, by the first digit of the
/// tag, `driver_sessions_of:<subject>:<digit>`, because it holds everybody. Each key stands for itself, so that they
/// are spread over a Redis Cluster.
class SessionIndex {
public:
    /// `pool` must outlive this object.
    explicit SessionIndex(const redis::Pool& pool) : pool_(pool) {}

    /// Appends the commands that add a driver to the sets of these subjects, and remove from them whoever's time is
    /// over at `now_ms`.
    static void add(std::vector<redis::Command>& commands, std::string_view tag, std::span<const std::string> subjects,
                    std::int64_t now_ms, std::int64_t until_ms);
    /// Calls `use` with the tags of a subject's set, about tags_of_a_page at a time. A tag may come twice; one that is
    /// added meanwhile may not come. Throws what redis::Pool::call() throws.
    void for_each(const std::string& subject, const std::function<void(std::span<const std::string> tags)>& use) const;

    static constexpr std::int64_t tags_of_a_page = 500;

private:
    const redis::Pool& pool_;
};

}  // namespace twinfleet::driver_sessions
