#include "capabilities/access_control/checking/rights_postgres.hpp"

namespace twinfleet::access_control {
namespace {

constexpr auto find_rights =
    "SELECT account.is_enabled, account.is_superuser, array_to_string(own_group.grants, ','), own_group.is_super,"
    " own_group.read_only, own_group.is_enabled"
    " FROM access_control.users AS account LEFT JOIN access_control.groups AS own_group"
    " ON own_group.park_id = account.park_id AND own_group.id = account.group_id"
    " WHERE account.park_id = $1 AND account.login = $2";

}  // namespace

std::optional<UserRights> read_rights(postgres::Pool& pool, const ParkId& park_id, const std::string& login) {
    const auto rows = pool.transact(
        [&](postgres::Transaction& transaction) { return transaction.execute(find_rights, park_id.value(), login); });
    if (rows.empty()) {
        return std::nullopt;
    }
    postgres::Row row = rows[0];
    // Braces: evaluated in the order of the columns.
    UserRights user{.is_enabled = row.boolean(), .is_superuser = row.boolean()};
    // A group without grants has an empty list, not none.
    if (!row.is_null()) {
        user.group = GroupRights{.grants = domain::parse_joined_names(row.text()),
                                 .is_super = row.boolean(),
                                 .read_only = row.boolean(),
                                 .is_enabled = row.boolean()};
    }
    return user;
}

}  // namespace twinfleet::access_control
