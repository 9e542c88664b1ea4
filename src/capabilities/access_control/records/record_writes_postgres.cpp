// Operations are taken in runs of one sort, and each run goes to the database as columns: one array parameter for each,
// taken apart by unnest(), so a run of a thousand costs a handful of round trips. Only updates that change a login or a
// park go one by one, each in a savepoint: whether two of them get into each other's way is for the constraints to say.
#include "capabilities/access_control/records/record_writes_postgres.hpp"

#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "capabilities/access_control/audit/audit_postgres.hpp"
#include "capabilities/access_control/records/record_columns_postgres.hpp"
#include "platform/postgres/array_literal.hpp"
#include "platform/postgres/errors.hpp"

namespace twinfleet::access_control {
namespace {

using stored::Cell;
using stored::Column;

/// A record on its way into the table, and whose operation it is.
template <typename Record>
struct Wanted {
    std::size_t operation = 0;
    Record record;
};

/// One array literal for each column.
template <typename Kind>
std::vector<postgres::Parameter> arrays_of(std::span<const Wanted<typename Kind::Record>> wanted) {
    std::vector<postgres::ArrayLiteral> arrays(Kind::columns.size(), postgres::ArrayLiteral(wanted.size()));
    for (const auto& one : wanted) {
        const std::vector<Cell> cells = Kind::cells(one.record);
        for (std::size_t column = 0; column < cells.size(); ++column) {
            arrays[column].add_value(cells[column]);
        }
    }
    std::vector<postgres::Parameter> literals;
    literals.reserve(arrays.size());
    for (auto& array : arrays) {
        literals.emplace_back(std::move(array).take());
    }
    return literals;
}

template <typename Kind>
constexpr bool is_mirrored_known = std::is_same_v<Kind, stored::Groups>;

/// `unnest(...) WITH ORDINALITY AS wanted (...)`.
template <typename Kind>
std::string wanted_rows() {
    std::string parameters;
    std::string names;
    std::size_t number = 0;
    for (const Column& column : Kind::columns) {
        parameters.append(parameters.empty() ? "$" : ", $").append(std::to_string(++number));
        parameters.append("::").append(column.type).append("[]");
        names.append(column.name).append(", ");
    }
    return "unnest(" + parameters + ") WITH ORDINALITY AS wanted (" + names + "place)";
}

template <typename Kind>
std::string insert_statement() {
    std::string names;
    std::string values;
    for (const Column& column : Kind::columns) {
        names.append(names.empty() ? "" : ", ").append(column.name);
        values.append(values.empty() ? "" : ", ").append(stored::stored_value(column));
    }
    if (is_mirrored_known<Kind>) {
        names += ", is_mirrored";
        values += ", true";
    }
    return "INSERT INTO " + std::string(Kind::table) + " (" + names + ") SELECT " + values + " FROM " +
           wanted_rows<Kind>() + " ORDER BY wanted.place ON CONFLICT DO NOTHING RETURNING id";
}

template <typename Kind>
std::string update_statement() {
    std::string changes;
    for (const Column& column : Kind::columns) {
        if (column.name != "id") {
            changes.append(changes.empty() ? "" : ", ").append(column.name).append(" = ");
            changes.append(stored::stored_value(column));
        }
    }
    if (is_mirrored_known<Kind>) {
        changes += ", is_mirrored = true";
    }
    return "UPDATE " + std::string(Kind::table) + " AS record SET " + changes + " FROM " + wanted_rows<Kind>() +
           " WHERE record.id = wanted.id";
}

template <typename Kind>
postgres::Result execute(postgres::Transaction& transaction, const std::string& sql,
                         std::span<const Wanted<typename Kind::Record>> wanted) {
    return transaction.execute(sql, arrays_of<Kind>(wanted));
}

template <typename Kind>
class Writer {
public:
    using Record = typename Kind::Record;
    using Insert = InsertRecord<Record>;
    using Update = UpdateRecord<typename Kind::Change>;
    using Operation = typename Kind::Operation;

    Writer(postgres::Transaction& transaction, std::span<const Operation> operations)
        : transaction_(transaction), operations_(operations), outcomes_(operations.size(), WriteOutcome::refused) {}

    WriteReport write() {
        for (std::size_t begin = 0; begin < operations_.size();) {
            std::size_t end = begin + 1;
            while (end < operations_.size() && operations_[end].index() == operations_[begin].index()) {
                ++end;
            }
            if (std::holds_alternative<Insert>(operations_[begin])) {
                insert(begin, end);
            } else if (std::holds_alternative<Update>(operations_[begin])) {
                update(begin, end);
            }
            begin = end;
        }
        note_parks();
        return {.outcomes = std::move(outcomes_), .parks = {parks_.begin(), parks_.end()}};
    }

private:
    using WantedRecords = std::vector<Wanted<Record>>;

    void insert(std::size_t begin, std::size_t end) {
        WantedRecords wanted;
        for (std::size_t i = begin; i < end; ++i) {
            wanted.push_back({i, std::get<Insert>(operations_[i]).record});
            Kind::project(wanted.back().record);
        }
        leave_out_foreign_groups(wanted);
        WantedRecords not_made = insert_those(std::move(wanted));
        if (free_logins(not_made)) {
            not_made = insert_those(std::move(not_made));
        }
        if (!not_made.empty()) {
            const auto there = ids_that_exist(not_made);
            for (const Wanted<Record>& one : not_made) {
                outcomes_[one.operation] =
                    there.contains(Kind::id(one.record)) ? WriteOutcome::exists : WriteOutcome::login_taken;
            }
        }
    }

    /// Returns those that were in somebody's way.
    WantedRecords insert_those(WantedRecords wanted) {
        std::set<std::string, std::less<>> made;
        for (postgres::Row row : execute<Kind>(transaction_, insert_statement<Kind>(), wanted)) {
            made.emplace(row.text());
        }
        WantedRecords not_made;
        for (Wanted<Record>& one : wanted) {
            // Of two with one id the first was made.
            if (made.erase(Kind::id(one.record)) > 0) {
                set_written(one);
            } else {
                not_made.push_back(std::move(one));
            }
        }
        return not_made;
    }

    /// A copy that was retired keeps its login although its original is gone, whose login may come again with another
    /// user: the retired one then gives it up for one of its own. False when there was nothing to give up.
    bool free_logins(std::span<const Wanted<Record>> wanted) {
        if constexpr (std::is_same_v<Kind, stored::Users>) {
            std::vector<std::string> ids;
            std::vector<std::string> parks;
            std::vector<std::string> logins;
            for (const Wanted<Record>& one : wanted) {
                ids.push_back(Kind::id(one.record));
                parks.push_back(Kind::park_id(one.record).value());
                logins.push_back(one.record.user.fields.login);
            }
            return !ids.empty() &&
                   transaction_
                           .execute(
                               "UPDATE access_control.users AS retired"
                               " SET login = left(retired.login, 90) || '~' || left(retired.id, 32)"
                               " FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (id, park_id, login)"
                               " WHERE retired.park_id = wanted.park_id AND retired.login = wanted.login"
                               " AND retired.id <> wanted.id AND NOT retired.is_enabled",
                               postgres::array_of(ids), postgres::array_of(parks), postgres::array_of(logins))
                           .affected_rows() > 0;
        } else {
            return false;
        }
    }

    void update(std::size_t begin, std::size_t end) {
        std::unordered_map<std::string, Record> current = locked_records(begin, end);
        WantedRecords wanted;
        for (std::size_t i = begin; i < end; ++i) {
            const Update& update = std::get<Update>(operations_[i]);
            const auto found = current.find(update.id);
            if (found == current.end() || found->second.updated_us != update.version) {
                outcomes_[i] = WriteOutcome::moved_on;
                continue;
            }
            wanted.push_back({i, found->second});
            Kind::apply(update.change, wanted.back().record);
            Kind::project(wanted.back().record);
        }
        leave_out_foreign_groups(wanted);
        WantedRecords plain;
        std::set<std::string, std::less<>> done;
        for (Wanted<Record>& one : wanted) {
            const std::string& id = Kind::id(one.record);
            if (!done.insert(id).second) {
                // Of two updates of one record the second meets the version that the first made.
                outcomes_[one.operation] = WriteOutcome::moved_on;
            } else if (Kind::has_same_keys(one.record, current.at(id))) {
                set_written(one);
                plain.push_back(std::move(one));
            } else if (!update_in_savepoint(one)) {
                done.erase(id);
            }
        }
        if (!plain.empty()) {
            execute<Kind>(transaction_, update_statement<Kind>(), plain);
        }
    }

    bool update_in_savepoint(const Wanted<Record>& one) {
        free_logins(std::span(&one, 1));
        transaction_.execute("SAVEPOINT before_update");
        try {
            execute<Kind>(transaction_, update_statement<Kind>(), std::span(&one, 1));
        } catch (const postgres::UniqueViolation&) {
            outcomes_[one.operation] = WriteOutcome::login_taken;
            transaction_.execute("ROLLBACK TO SAVEPOINT before_update; RELEASE SAVEPOINT before_update");
            return false;
        } catch (const postgres::ForeignKeyViolation&) {
            // A group that moves away from its users.
            outcomes_[one.operation] = WriteOutcome::refused;
            transaction_.execute("ROLLBACK TO SAVEPOINT before_update; RELEASE SAVEPOINT before_update");
            return false;
        }
        transaction_.execute("RELEASE SAVEPOINT before_update");
        set_written(one);
        return true;
    }

    /// By id, locked in order of id, so that two writers wait for each other instead of in a circle.
    std::unordered_map<std::string, Record> locked_records(std::size_t begin, std::size_t end) {
        std::vector<std::string> ids;
        for (std::size_t i = begin; i < end; ++i) {
            ids.push_back(std::get<Update>(operations_[i]).id);
        }
        std::unordered_map<std::string, Record> records;
        const auto rows =
            transaction_.execute("SELECT " + stored::selected_columns<Kind>() + " FROM " + std::string(Kind::table) +
                                     " AS record WHERE record.id = ANY ($1::text[])"
                                     " ORDER BY record.id FOR UPDATE",
                                 postgres::array_of(ids));
        for (const postgres::Row row : rows) {
            Record record = Kind::read(row);
            std::string id = Kind::id(record);
            records.emplace(std::move(id), std::move(record));
        }
        return records;
    }

    std::set<std::string, std::less<>> ids_that_exist(const WantedRecords& wanted) {
        std::set<std::string, std::less<>> ids;
        for (const Wanted<Record>& one : wanted) {
            ids.insert(Kind::id(one.record));
        }
        std::set<std::string, std::less<>> there;
        for (postgres::Row row :
             transaction_.execute("SELECT id FROM " + std::string(Kind::table) + " WHERE id = ANY ($1::text[])",
                                  postgres::array_of(ids))) {
            there.emplace(row.text());
        }
        return there;
    }

    /// Users whose group is not in their park stay `refused`. The groups that are stay until the end of the
    /// transaction.
    void leave_out_foreign_groups(WantedRecords& wanted) {
        if constexpr (std::is_same_v<Kind, stored::Users>) {
            std::set<std::string, std::less<>> asked;
            for (const Wanted<Record>& one : wanted) {
                if (const auto& group_id = one.record.user.fields.group_id) {
                    asked.insert(group_id->value());
                }
            }
            if (asked.empty()) {
                return;
            }
            std::map<std::string, std::string, std::less<>> park_of;
            for (postgres::Row row : transaction_.execute("SELECT id, park_id FROM access_control.groups"
                                                          " WHERE id = ANY ($1::text[]) ORDER BY id FOR KEY SHARE",
                                                          postgres::array_of(asked))) {
                const std::string_view id = row.text();
                park_of.emplace(id, row.text());
            }
            std::erase_if(wanted, [&](const Wanted<Record>& one) {
                const User& user = one.record.user;
                if (!user.fields.group_id) {
                    return false;
                }
                const auto found = park_of.find(user.fields.group_id->value());
                return found == park_of.end() || found->second != user.park_id.value();
            });
        }
    }

    void set_written(const Wanted<Record>& one) {
        outcomes_[one.operation] = WriteOutcome::written;
        parks_.insert(Kind::park_id(one.record));
    }

    void note_parks() {
        if (parks_.empty()) {
            return;
        }
        std::vector<std::string> ids;
        for (const ParkId& park : parks_) {
            ids.push_back(park.value());
        }
        transaction_.execute(
            "INSERT INTO access_control.parks AS known (park_id, is_child)"
            " SELECT park_id, true FROM unnest($1::text[]) AS park_id"
            " ON CONFLICT (park_id) DO UPDATE SET is_child = true, heard_at = now() WHERE NOT known.is_child",
            postgres::array_of(ids));
    }

    postgres::Transaction& transaction_;
    const std::span<const Operation> operations_;
    std::vector<WriteOutcome> outcomes_;
    /// Written to, in order of id, which is the order of locks.
    std::set<ParkId> parks_;
};

template <typename Kind>
WriteReport write_records(postgres::Pool& pool, const Author& author,
                          std::span<const typename Kind::Operation> operations) {
    return pool.transact([&](postgres::Transaction& transaction) {
        set_author(transaction, author);
        return Writer<Kind>(transaction, operations).write();
    });
}

}  // namespace

WriteReport write_groups(postgres::Pool& pool, const Author& author, std::span<const GroupOperation> operations) {
    return write_records<stored::Groups>(pool, author, operations);
}

WriteReport write_users(postgres::Pool& pool, const Author& author, std::span<const UserOperation> operations) {
    return write_records<stored::Users>(pool, author, operations);
}

}  // namespace twinfleet::access_control
