#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/access_control/records/record.hpp"
#include "platform/postgres/result.hpp"

/// How records lie in the tables.
namespace twinfleet::access_control::stored {

/// SQL that makes microseconds since 1970 of the timestamptz in its middle; postgres::time_of_microseconds is the way
/// back.
inline constexpr std::string_view microseconds_begin = "(extract(epoch FROM ";
inline constexpr std::string_view microseconds_end = ") * 1000000)::bigint";

/// A cell of a column, as PostgreSQL reads it; nullopt: NULL.
using Cell = std::optional<std::string>;

struct Column {
    std::string_view name;
    /// How a Cell comes in: `text`, `boolean`, `bigint`.
    std::string_view type;
    enum class Meaning { value, grants, time } meaning = Meaning::value;
};

struct Groups {
    using Record = GroupRecord;
    using Change = GroupChange;
    using Operation = GroupOperation;
    static constexpr std::string_view name = "groups";
    static constexpr std::string_view table = "access_control.groups";
    static constexpr std::array columns{
        Column{"id", "text"},
        Column{"park_id", "text"},
        Column{"name", "text"},
        Column{"grants", "text", Column::Meaning::grants},
        Column{"is_super", "boolean"},
        Column{"read_only", "boolean"},
        Column{"is_enabled", "boolean"},
        Column{"created_at", "bigint", Column::Meaning::time},
        Column{"modified_at", "bigint", Column::Meaning::time},
    };
    [[nodiscard]] static Record read(postgres::Row row);
    /// In the order of the columns.
    [[nodiscard]] static std::vector<Cell> cells(const Record& record);
    [[nodiscard]] static const std::string& id(const Record& record) { return record.group.id.value(); }
    [[nodiscard]] static const ParkId& park_id(const Record& record) { return record.group.park_id; }
    static void apply(const Change& change, Record& record);
    static void project(Record& record) { record.group.fields = read_only_projection(record.group.fields); }
    /// Whether a change touches what other rows depend on.
    [[nodiscard]] static bool has_same_keys(const Record& left, const Record& right) {
        return left.group.park_id == right.group.park_id;
    }
};

struct Users {
    using Record = UserRecord;
    using Change = UserChange;
    using Operation = UserOperation;
    static constexpr std::string_view name = "users";
    static constexpr std::string_view table = "access_control.users";
    static constexpr std::array columns{
        Column{"id", "text"},
        Column{"park_id", "text"},
        Column{"login", "text"},
        Column{"display_name", "text"},
        Column{"phone", "text"},
        Column{"group_id", "text"},
        Column{"is_enabled", "boolean"},
        Column{"is_superuser", "boolean"},
        Column{"created_at", "bigint", Column::Meaning::time},
        Column{"modified_at", "bigint", Column::Meaning::time},
    };
    [[nodiscard]] static Record read(postgres::Row row);
    [[nodiscard]] static std::vector<Cell> cells(const Record& record);
    [[nodiscard]] static const std::string& id(const Record& record) { return record.user.id.value(); }
    [[nodiscard]] static const ParkId& park_id(const Record& record) { return record.user.park_id; }
    static void apply(const Change& change, Record& record);
    static void project(Record& record) { record.user.fields = read_only_projection(record.user.fields); }
    [[nodiscard]] static bool has_same_keys(const Record& left, const Record& right) {
        return left.user.park_id == right.user.park_id && left.user.fields.login == right.user.fields.login;
    }
};

/// What read() of the kind expects, for `SELECT ... FROM <table> AS record`; the version comes last.
template <typename Kind>
std::string selected_columns() {
    std::string sql;
    for (const Column& column : Kind::columns) {
        const std::string name = "record." + std::string(column.name);
        switch (column.meaning) {
            case Column::Meaning::value:
                sql += name;
                break;
            case Column::Meaning::grants:
                sql += "array_to_string(" + name + ", ',')";
                break;
            case Column::Meaning::time:
                sql.append(microseconds_begin).append(name).append(microseconds_end);
                break;
        }
        sql += ", ";
    }
    return sql.append(microseconds_begin).append("record.updated_at").append(microseconds_end);
}

/// What turns the column of `wanted`, as it came in, into what the table holds.
[[nodiscard]] std::string stored_value(const Column& column);

}  // namespace twinfleet::access_control::stored
