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
        [&](pqxx::work& transaction) { return transaction.exec_params(find_rights, park_id.value(), login); });
    if (rows.empty()) {
        return std::nullopt;
    }
    const auto row = rows[0];
    UserRights user{.is_enabled = row[0].as<bool>(), .is_superuser = row[1].as<bool>()};
    // A group without grants has an empty list, not none.
    if (!row[2].is_null()) {
        user.group = GroupRights{.grants = domain::parse_joined_names(row[2].c_str()),
                                 .is_super = row[3].as<bool>(),
                                 .read_only = row[4].as<bool>(),
                                 .is_enabled = row[5].as<bool>()};
    }
    return user;
}

}  // namespace twinfleet::access_control
