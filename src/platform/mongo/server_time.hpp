#pragma once

#include <cstdint>
#include <optional>

#include "platform/bson/view.hpp"

namespace twinfleet::mongo {

/// What a server says of the time in its answer to `hello`. Of a sharded cluster the one that answers is a mongos, and
/// it is the shards that set times in documents.
struct ServerTime {
    /// `localTime`, by the clock of the machine that answered, in milliseconds since 1970.
    std::int64_t local_ms = 0;
    /// `$clusterTime`, of which the members of a replica set or a sharded cluster tell each other
    /// (mongodb.com/docs/manual/reference/method/db.runCommand, "Response"): the second of it, in milliseconds since
    /// 1970. Later than that no member has stamped a write with a Timestamp yet. While nothing is written it follows
    /// the clock in steps of up to 10 s. nullopt from a server that stands alone.
    std::optional<std::int64_t> cluster_ms;

    /// Reads both from an answer to `hello`. The local time may be a Date or, as some servers that only speak MongoDB's
    /// protocol give it, a whole number of milliseconds. Throws platform::StoreRefused when there is none.
    [[nodiscard]] static ServerTime of(bson::View hello_answer);

    /// The time up to which changes can be there: the earlier one of both.
    [[nodiscard]] std::int64_t change_ms() const noexcept;
};

}  // namespace twinfleet::mongo
