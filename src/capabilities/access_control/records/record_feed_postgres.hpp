#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/access_control/records/record.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

/// A place in the order of (updated_us, id).
struct FeedPosition {
    std::int64_t updated_us = 0;
    std::string id;
};

/// Absent: of all parks.
using ParkFilter = std::optional<std::vector<std::string>>;

/// The clock that sets updated_us.
struct DatabaseClock {
    std::int64_t now_us = 0;
    /// Every write and every removal before this time is visible to whoever asks from now on. It stands still while a
    /// transaction that has written earlier is open.
    std::int64_t settled_us = 0;
};
[[nodiscard]] DatabaseClock database_clock(postgres::Pool& pool);

/// A record that is not there any more.
struct RemovedRecord {
    std::string id;
    ParkId park_id;
    /// When it was removed, by the clock that sets updated_us.
    std::int64_t removed_us = 0;
};

/// A user by what is his alone.
struct LoginHolder {
    ParkId park_id;
    std::string login;
    UserId id;
};

/// Who has these logins, master accounts included; a login that nobody has is left out. The ids of the questions do not
/// matter.
[[nodiscard]] std::vector<LoginHolder> find_login_holders(postgres::Pool& pool,
                                                          const std::vector<LoginHolder>& questions);

/// Reads records of one kind across parks. A write becomes visible when its transaction ends, which may be later than
/// its `updated_us` says: whoever follows the changes may take as complete only what is before
/// DatabaseClock::settled_us, as it was told before the changes were read.
template <typename Record>
class RecordFeed {
public:
    explicit RecordFeed(postgres::Pool& pool) : pool_(pool) {}

    /// Behind `after`, in order of (updated_us, id).
    [[nodiscard]] std::vector<Record> changes(const std::optional<FeedPosition>& after, const ParkFilter& parks,
                                              std::size_t limit);
    /// What was removed behind `after`, in order of (removed_us, id), as far as it is still kept.
    [[nodiscard]] std::vector<RemovedRecord> removals(const std::optional<FeedPosition>& after, const ParkFilter& parks,
                                                      std::size_t limit);
    /// Behind `after_id`, in order of id.
    [[nodiscard]] std::vector<Record> all(const std::optional<std::string>& after_id, const ParkFilter& parks,
                                          std::size_t limit);
    /// Those that exist, in any order.
    [[nodiscard]] std::vector<Record> retrieve(const std::vector<std::string>& ids);
    /// From the statistics of the database where there are many, else exact.
    [[nodiscard]] std::int64_t estimated_count();

private:
    postgres::Pool& pool_;
};

extern template class RecordFeed<GroupRecord>;
extern template class RecordFeed<UserRecord>;

}  // namespace twinfleet::access_control
