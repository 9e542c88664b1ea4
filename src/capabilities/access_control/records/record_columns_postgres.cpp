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

RecordTimes read_times(postgres::Row& row) {
    // Braces, here and below: evaluated in the order of the columns.
    return {.created_us = row.number<std::int64_t>(), .modified_us = row.number<std::int64_t>()};
}

}  // namespace

GroupRecord Groups::read(postgres::Row row) {
    return {.group = {.id = GroupId(row.text()),
                      .park_id = ParkId(row.text()),
                      .fields = {.name = std::string(row.text()),
                                 .grants = domain::parse_joined_names(row.text()),
                                 .is_super = row.boolean(),
                                 .read_only = row.boolean()}},
            .is_enabled = row.boolean(),
            .times = read_times(row),
            .updated_us = row.number<std::int64_t>()};
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

UserRecord Users::read(postgres::Row row) {
    return {.user = {.id = UserId(row.text()),
                     .park_id = ParkId(row.text()),
                     .fields = {.login = std::string(row.text()),
                                .display_name = std::string(row.text()),
                                .phone = row.optional_text(),
                                .group_id = row.optional_id<GroupId>(),
                                .is_enabled = row.boolean(),
                                .is_superuser = row.boolean()}},
            .times = read_times(row),
            .updated_us = row.number<std::int64_t>()};
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
            return std::string(postgres::time_of_microseconds) + name;
        case Column::Meaning::value:
            break;
    }
    return name;
}

}  // namespace twinfleet::access_control::stored
