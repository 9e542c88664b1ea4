#pragma once

#include <span>
#include <vector>

#include "capabilities/access_control/audit/author.hpp"
#include "capabilities/access_control/records/record.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

struct WriteReport {
    /// One for each operation, in order.
    std::vector<WriteOutcome> outcomes;
    /// That were written to: child parks from now on, as is noted in the same transaction.
    std::vector<ParkId> parks;
};

/// Writes of the mirror, in one transaction, each operation in its own fate. They are seen in order: a record that was
/// inserted or updated by one is what the next one meets. What is written is projected to read-only, whatever was
/// asked, and noted in the audit trail with the author.
[[nodiscard]] WriteReport write_groups(postgres::Pool& pool, const Author& author,
                                       std::span<const GroupOperation> operations);
[[nodiscard]] WriteReport write_users(postgres::Pool& pool, const Author& author,
                                      std::span<const UserOperation> operations);

}  // namespace twinfleet::access_control
