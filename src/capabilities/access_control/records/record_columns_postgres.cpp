#include "capabilities/access_control/records/record_columns_postgres.hpp"

namespace twinfleet::access_control::stored {
namespace {

std::string boolean(bool value) {
    return value ? "t" : "f";
}

template <typename Value>
void set_if(const std::optional<Value>& change, Value& value) {
    if (change) {
        value = *change;
    }
}

Cell optional_text(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : Cell(field.c_str());
}

RecordTimes read_times(const pqxx::row& row, pqxx::row::size_type first) {
    return {.created_us = row[first].as<std::int64_t>(), .modified_us = row[first + 1].as<std::int64_t>()};
}

}  // namespace

GroupRecord Groups::read(const pqxx::row& row) {
    return {.group = {.id = GroupId(row[0].c_str()),
                      .park_id = ParkId(row[1].c_str()),
                      .fields = {.name = row[2].c_str(),
                                 .grants = domain::parse_joined_names(row[3].c_str()),
                                 .is_super = row[4].as<bool>(),
                                 .read_only = row[5].as<bool>()}},
            .is_enabled = row[6].as<bool>(),
            .times = read_times(row, 7),
            .updated_us = row[9].as<std::int64_t>()};
}

std::vector<Cell> Groups::cells(const GroupRecord& record) {
    const GroupFields& fields = record.group.fields;
    return {record.group.id.value(),
            record.group.park_id.value(),
            fields.name,
            domain::joined_names(fields.grants),
            boolean(fields.is_super),
            boolean(fields.read_only),
            boolean(record.is_enabled),
            std::to_string(record.times.created_us),
            std::to_string(record.times.modified_us)};
}

void Groups::apply(const GroupChange& change, GroupRecord& record) {
    set_if(change.park_id, record.group.park_id);
    set_if(change.name, record.group.fields.name);
    set_if(change.grants, record.group.fields.grants);
    set_if(change.is_super, record.group.fields.is_super);
    set_if(change.read_only, record.group.fields.read_only);
    set_if(change.is_enabled, record.is_enabled);
    set_if(change.created_us, record.times.created_us);
    set_if(change.modified_us, record.times.modified_us);
}

UserRecord Users::read(const pqxx::row& row) {
    UserRecord record{.user = {.id = UserId(row[0].c_str()),
                               .park_id = ParkId(row[1].c_str()),
                               .fields = {.login = row[2].c_str(),
                                          .display_name = row[3].c_str(),
                                          .phone = optional_text(row[4]),
                                          .is_enabled = row[6].as<bool>(),
                                          .is_superuser = row[7].as<bool>()}},
                      .times = read_times(row, 8),
                      .updated_us = row[10].as<std::int64_t>()};
    if (!row[5].is_null()) {
        record.user.fields.group_id = GroupId(row[5].c_str());
    }
    return record;
}

std::vector<Cell> Users::cells(const UserRecord& record) {
    const UserFields& fields = record.user.fields;
    return {record.user.id.value(),
            record.user.park_id.value(),
            fields.login,
            fields.display_name,
            fields.phone,
            fields.group_id ? Cell(fields.group_id->value()) : std::nullopt,
            boolean(fields.is_enabled),
            boolean(fields.is_superuser),
            std::to_string(record.times.created_us),
            std::to_string(record.times.modified_us)};
}

void Users::apply(const UserChange& change, UserRecord& record) {
    set_if(change.park_id, record.user.park_id);
    set_if(change.login, record.user.fields.login);
    set_if(change.display_name, record.user.fields.display_name);
    set_if(change.phone, record.user.fields.phone);
    set_if(change.group_id, record.user.fields.group_id);
    set_if(change.is_enabled, record.user.fields.is_enabled);
    set_if(change.is_superuser, record.user.fields.is_superuser);
    set_if(change.created_us, record.times.created_us);
    set_if(change.modified_us, record.times.modified_us);
}

std::string stored_value(const Column& column) {
    std::string name = "wanted." + std::string(column.name);
    switch (column.meaning) {
        case Column::Meaning::grants:
            return "string_to_array(" + name + ", ',')";
        case Column::Meaning::time:
            return std::string(time_of_microseconds) + name;
        case Column::Meaning::value:
            break;
    }
    return name;
}

}  // namespace twinfleet::access_control::stored
