#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "capabilities/access_control/audit/author.hpp"
#include "platform/clock/clock.hpp"
#include "platform/postgres/pool.hpp"

/// Who changed which group, user or right of a park, when, and from what to what (contract, section 4, `GET
/// /v1/parks/{park_id}/audit`). The database writes the entries by itself, in the transaction that makes the change, so
/// there is no change without an entry.
namespace twinfleet::access_control {

/// The entries of all changes that follow in this transaction name this author. Without a call they name the role of
/// the database that made the change. To be called before the first change; takes one round trip.
void set_author(postgres::Transaction& transaction, const Author& author);

/// A change of one group or user.
struct AuditEntry {
    /// Greater than that of any entry that was written before; the order of entries of transactions that ran side by
    /// side says nothing.
    std::int64_t id = 0;
    platform::Time at;
    /// The name of a service token, or `database:<role>` for a change that no service made.
    std::string caller;
    /// The person for whom the caller acted.
    std::optional<std::string> person;
    /// `group` or `user`.
    std::string entity;
    std::string entity_id;
    /// `created`, `changed` or `removed`.
    std::string action;
    /// The fields that have another value now: `{"<field>": {"from": ..., "to": ...}}`, with null where there was
    /// nothing before or is nothing afterwards. Of a phone only the first two and the last two characters are there.
    boost::json::object changes;
};

/// The entries of one park, the newest first. Safe to use from any thread; throws as postgres::Pool.
class AuditTrail {
public:
    explicit AuditTrail(postgres::Pool& pool) : pool_(pool) {}

    /// At most `count_max` entries with ids below `before_id`; 0 begins with the newest entry.
    [[nodiscard]] std::vector<AuditEntry> entries(const std::string& park_id, std::int64_t before_id,
                                                  std::size_t count_max);

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::access_control
