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
[[nodiscard]] std::int64_t database_clock_us(postgres::Pool& pool);

/// Reads records of one kind across parks. A write becomes visible when its transaction ends, which may be later than
/// its `updated_us` says: whoever follows the changes looks back some way each time.
template <typename Record>
class RecordFeed {
public:
    explicit RecordFeed(postgres::Pool& pool) : pool_(pool) {}

    /// Behind `after`, in order of (updated_us, id).
    [[nodiscard]] std::vector<Record> changes(const std::optional<FeedPosition>& after, const ParkFilter& parks,
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
