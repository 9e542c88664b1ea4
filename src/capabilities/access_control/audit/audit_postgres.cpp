#include "capabilities/access_control/audit/audit_postgres.hpp"

#include <limits>

#include <boost/json/parse.hpp>

namespace twinfleet::access_control {

void set_author(postgres::Transaction& transaction, const Author& author) {
    transaction.execute(
        "SELECT set_config('access_control.caller', $1, true), set_config('access_control.person', $2, true)",
        author.caller, author.person);
}

std::vector<AuditEntry> AuditTrail::entries(const std::string& park_id, std::int64_t before_id, std::size_t count_max) {
    const std::int64_t below = before_id > 0 ? before_id : std::numeric_limits<std::int64_t>::max();
    const auto rows = pool_.transact([&](postgres::Transaction& transaction) {
        return transaction.execute(
            "SELECT id, extract(epoch FROM at), caller, person, entity, entity_id, action, changes"
            " FROM access_control.audit WHERE park_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
            park_id, below, static_cast<std::int64_t>(count_max));
    });
    std::vector<AuditEntry> entries;
    entries.reserve(rows.size());
    for (postgres::Row row : rows) {
        // Braces: evaluated in the order of the columns.
        entries.push_back({.id = row.number<std::int64_t>(),
                           .at = row.time(),
                           .caller = std::string(row.text()),
                           .person = row.optional_text(),
                           .entity = std::string(row.text()),
                           .entity_id = std::string(row.text()),
                           .action = std::string(row.text()),
                           .changes = boost::json::parse(row.text()).as_object()});
    }
    return entries;
}

}  // namespace twinfleet::access_control
