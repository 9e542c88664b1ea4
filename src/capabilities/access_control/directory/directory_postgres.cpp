#include "capabilities/access_control/directory/directory_postgres.hpp"

#include <algorithm>
#include <utility>

#include "capabilities/access_control/audit/audit_postgres.hpp"
#include "platform/postgres/errors.hpp"

namespace twinfleet::access_control {
namespace {

// Prefixed, as statements name two tables at times.
constexpr auto group_columns =
    "subject.id, subject.park_id, subject.name, array_to_string(subject.grants, ','), subject.is_super,"
    " subject.read_only";
constexpr auto user_columns =
    "subject.id, subject.park_id, subject.login, subject.display_name, subject.phone, subject.group_id,"
    " subject.is_enabled, subject.is_superuser";

// Braces below are evaluated in the order of the columns.

Group read_group(postgres::Row row) {
    return {.id = GroupId(row.text()),
            .park_id = ParkId(row.text()),
            .fields = {.name = std::string(row.text()),
                       .grants = domain::parse_joined_names(row.text()),
                       .is_super = row.boolean(),
                       .read_only = row.boolean()}};
}

User read_user(postgres::Row row) {
    return {.id = UserId(row.text()),
            .park_id = ParkId(row.text()),
            .fields = {.login = std::string(row.text()),
                       .display_name = std::string(row.text()),
                       .phone = row.optional_text(),
                       .group_id = row.optional_id<GroupId>(),
                       .is_enabled = row.boolean(),
                       .is_superuser = row.boolean()}};
}

std::optional<std::string> text_of(const std::optional<GroupId>& id) {
    return id ? std::optional(id->value()) : std::nullopt;
}

/// Leaves a transaction, which is rolled back.
struct Refused {
    DirectoryRefusal reason;
};

/// What the server says when a constraint of the statement does not hold.
struct ConstraintRefusals {
    DirectoryRefusal not_unique;
    DirectoryRefusal bad_reference;
};

/// One statement; one that breaks a constraint is a refusal.
template <typename... Parameters>
postgres::Result execute(postgres::Transaction& transaction, const ConstraintRefusals& refusals, const std::string& sql,
                         const Parameters&... parameters) {
    try {
        return transaction.execute(sql, parameters...);
    } catch (const postgres::UniqueViolation&) {
        throw Refused{refusals.not_unique};
    } catch (const postgres::ForeignKeyViolation&) {
        throw Refused{refusals.bad_reference};
    }
}

/// A change by this author, in one transaction.
template <typename Result, typename Work>
Result refusable(postgres::Pool& pool, const Author& author, Work&& work) {
    try {
        return pool.transact([&](postgres::Transaction& transaction) -> Result {
            set_author(transaction, author);
            return work(transaction);
        });
    } catch (const Refused& refused) {
        return refused.reason;
    }
}

constexpr ConstraintRefusals group_refusals{DirectoryRefusal::name_taken, DirectoryRefusal::group_in_use};
constexpr ConstraintRefusals user_refusals{DirectoryRefusal::login_taken, DirectoryRefusal::group_not_found};

template <typename Item, typename Read>
std::vector<Item> read_some(postgres::Pool& pool, const std::string& table, const char* columns, const ParkId& park_id,
                            const std::string& after_id, std::size_t count_max, const Read& read) {
    const auto rows = pool.transact([&](postgres::Transaction& transaction) {
        return transaction.execute(std::string("SELECT ") + columns + " FROM access_control." + table +
                                       " AS subject WHERE park_id = $1 AND id > $2 ORDER BY id LIMIT $3",
                                   park_id.value(), after_id, static_cast<std::int64_t>(count_max));
    });
    std::vector<Item> items;
    items.reserve(rows.size());
    for (const auto& row : rows) {
        items.push_back(read(row));
    }
    return items;
}

template <typename Item, typename Id, typename Read>
std::optional<Item> read_one(postgres::Pool& pool, const std::string& table, const char* columns, const ParkId& park_id,
                             const Id& id, const Read& read) {
    const auto rows = pool.transact([&](postgres::Transaction& transaction) {
        return transaction.execute(std::string("SELECT ") + columns + " FROM access_control." + table +
                                       " AS subject WHERE id = $1 AND park_id = $2",
                                   id.value(), park_id.value());
    });
    return rows.empty() ? std::nullopt : std::optional<Item>(read(rows[0]));
}

template <typename Id>
std::optional<DirectoryRefusal> remove_one(postgres::Pool& pool, const Author& author, const std::string& table,
                                           const ConstraintRefusals& refusals, const ParkId& park_id, const Id& id) {
    using Refusal = std::optional<DirectoryRefusal>;
    return refusable<Refusal>(pool, author, [&](postgres::Transaction& transaction) -> Refusal {
        const auto removed =
            execute(transaction, refusals, "DELETE FROM access_control." + table + " WHERE id = $1 AND park_id = $2",
                    id.value(), park_id.value());
        return removed.affected_rows() == 0 ? Refusal(DirectoryRefusal::not_found) : std::nullopt;
    });
}

/// nullopt: the login is taken.
std::optional<User> insert_user(postgres::Transaction& transaction, const ParkId& park_id, const UserFields& fields,
                                bool is_master = false) {
    const auto made =
        execute(transaction, user_refusals,
                std::string("INSERT INTO access_control.users AS subject"
                            " (park_id, login, display_name, phone, group_id, is_enabled, is_superuser, is_master)"
                            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                            " ON CONFLICT (park_id, login) DO NOTHING RETURNING ") +
                    user_columns,
                park_id.value(), fields.login, fields.display_name, fields.phone, text_of(fields.group_id),
                fields.is_enabled, fields.is_superuser, is_master);
    return made.empty() ? std::nullopt : std::optional(read_user(made[0]));
}

}  // namespace

std::vector<Group> PostgresDirectory::groups(const ParkId& park_id, const std::string& after_id,
                                             std::size_t count_max) {
    return read_some<Group>(pool_, "groups", group_columns, park_id, after_id, count_max, read_group);
}

std::optional<Group> PostgresDirectory::group(const ParkId& park_id, const GroupId& id) {
    return read_one<Group>(pool_, "groups", group_columns, park_id, id, read_group);
}

DirectoryResult<Group> PostgresDirectory::create_group(const Author& author, const ParkId& park_id,
                                                       const GroupFields& fields) {
    using Result = DirectoryResult<Group>;
    return refusable<Result>(pool_, author, [&](postgres::Transaction& transaction) -> Result {
        const auto made = execute(
            transaction, group_refusals,
            std::string("INSERT INTO access_control.groups AS subject"
                        " (park_id, name, grants, is_super, read_only)"
                        " VALUES ($1, $2, string_to_array($3, ','), $4, $5)"
                        " ON CONFLICT (park_id, name) WHERE NOT is_mirrored DO NOTHING RETURNING ") +
                group_columns,
            park_id.value(), fields.name, domain::joined_names(fields.grants), fields.is_super, fields.read_only);
        return made.empty() ? Result(DirectoryRefusal::name_taken) : read_group(made[0]);
    });
}

DirectoryResult<Group> PostgresDirectory::replace_group(const Author& author, const ParkId& park_id, const GroupId& id,
                                                        const GroupFields& fields) {
    using Result = DirectoryResult<Group>;
    return refusable<Result>(pool_, author, [&](postgres::Transaction& transaction) -> Result {
        const auto changed = execute(
            transaction, group_refusals,
            std::string("UPDATE access_control.groups AS subject SET name = $3, grants = string_to_array($4, ','),"
                        " is_super = $5, read_only = $6, modified_at = now()"
                        " WHERE id = $1 AND park_id = $2 RETURNING ") +
                group_columns,
            id.value(), park_id.value(), fields.name, domain::joined_names(fields.grants), fields.is_super,
            fields.read_only);
        return changed.empty() ? Result(DirectoryRefusal::not_found) : read_group(changed[0]);
    });
}

std::optional<DirectoryRefusal> PostgresDirectory::remove_group(const Author& author, const ParkId& park_id,
                                                                const GroupId& id) {
    return remove_one(pool_, author, "groups", group_refusals, park_id, id);
}

std::vector<User> PostgresDirectory::users(const ParkId& park_id, const std::string& after_id, std::size_t count_max) {
    return read_some<User>(pool_, "users", user_columns, park_id, after_id, count_max, read_user);
}

std::optional<User> PostgresDirectory::user(const ParkId& park_id, const UserId& id) {
    return read_one<User>(pool_, "users", user_columns, park_id, id, read_user);
}

DirectoryResult<User> PostgresDirectory::create_user(const Author& author, const ParkId& park_id,
                                                     const UserFields& fields) {
    using Result = DirectoryResult<User>;
    return refusable<Result>(pool_, author, [&](postgres::Transaction& transaction) -> Result {
        auto made = insert_user(transaction, park_id, fields);
        return made ? Result(*std::move(made)) : DirectoryRefusal::login_taken;
    });
}

DirectoryResult<PostgresDirectory::Ensured> PostgresDirectory::ensure_user(const Author& author, const ParkId& park_id,
                                                                           const UserFields& fields, bool is_master) {
    using Result = DirectoryResult<Ensured>;
    return refusable<Result>(pool_, author, [&](postgres::Transaction& transaction) -> Result {
        const auto find = [&]() -> std::optional<User> {
            const auto rows = transaction.execute(std::string("SELECT ") + user_columns +
                                                      " FROM access_control.users AS subject"
                                                      " WHERE park_id = $1 AND login = $2",
                                                  park_id.value(), fields.login);
            return rows.empty() ? std::nullopt : std::optional(read_user(rows[0]));
        };
        // Looked for first: who is there is given back even if the group that is asked for is not.
        for (int attempt = 0; attempt < 2; ++attempt) {
            if (auto there = find()) {
                return Ensured{*std::move(there), false};
            }
            if (auto made = insert_user(transaction, park_id, fields, is_master)) {
                return Ensured{*std::move(made), true};
            }
        }
        // Made and removed by others while we looked, twice.
        return DirectoryRefusal::login_taken;
    });
}

DirectoryResult<User> PostgresDirectory::replace_user(const Author& author, const ParkId& park_id, const UserId& id,
                                                      const UserFields& fields) {
    using Result = DirectoryResult<User>;
    return refusable<Result>(pool_, author, [&](postgres::Transaction& transaction) -> Result {
        const auto changed =
            execute(transaction, user_refusals,
                    std::string("UPDATE access_control.users AS subject SET login = $3, display_name = $4, phone = $5,"
                                " group_id = $6, is_enabled = $7, is_superuser = $8, modified_at = now()"
                                " WHERE id = $1 AND park_id = $2 RETURNING ") +
                        user_columns,
                    id.value(), park_id.value(), fields.login, fields.display_name, fields.phone,
                    text_of(fields.group_id), fields.is_enabled, fields.is_superuser);
        return changed.empty() ? Result(DirectoryRefusal::not_found) : read_user(changed[0]);
    });
}

std::optional<DirectoryRefusal> PostgresDirectory::remove_user(const Author& author, const ParkId& park_id,
                                                               const UserId& id) {
    return remove_one(pool_, author, "users", user_refusals, park_id, id);
}

}  // namespace twinfleet::access_control
