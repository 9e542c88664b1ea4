// The one table of entities (design, "One table of entities"; fields and indexes from the contract, section 1).
//
// A new entity is a row here; a new reference or rule is a line in its list of fields. Everything else (jobs, commands,
// link tables, indexes, metrics, verification) follows from the table.
#include "capabilities/mirroring/entities/entity_table.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace twinfleet::mirroring {
namespace {

constexpr FieldPolicy copy(std::string_view field) {
    return {.field = field};
}
constexpr FieldPolicy drop(std::string_view field) {
    return {.field = field, .treatment = Treatment::drop};
}
constexpr FieldPolicy remap(std::string_view field, std::string_view target) {
    return {.field = field, .treatment = Treatment::remap, .target = target};
}
[[maybe_unused]] constexpr FieldPolicy remap_each(std::string_view field, std::string_view target) {
    return {.field = field, .treatment = Treatment::remap_each, .target = target};
}
constexpr FieldPolicy derive(std::string_view field, Derivation derivation) {
    return {.field = field, .treatment = Treatment::derive, .derivation = derivation};
}
constexpr FieldPolicy constant(std::string_view field, bool value) {
    return {.field = field, .treatment = Treatment::constant, .constant = value};
}
constexpr FieldPolicy read_only(std::string_view field) {
    return {.field = field, .treatment = Treatment::read_only};
}
constexpr FieldPolicy child_owned(std::string_view field, FirstValue first_value) {
    return {.field = field, .treatment = Treatment::child_owned, .first_value = first_value};
}

constexpr std::array park_fields{
    copy("name"),
    derive("login", Derivation::unique_login),
    copy("city_id"),
    copy("country_id"),
    copy("locale"),
    copy("is_active"),
    derive("fleet_type", Derivation::family_name),
    derive("parent_park_id", Derivation::parent_id),
    copy("contacts"),
    drop("api_keys"),
    drop("integrations"),
    child_owned("created_date", FirstValue::now),
    copy("modified_date"),
};

constexpr std::array work_rule_fields{
    remap("park_id", "parks"),
    derive("parent_rule_id", Derivation::parent_id),
    copy("name"),
    copy("is_enabled"),
    copy("is_default"),
    copy("commission"),
    child_owned("created_date", FirstValue::now),
    copy("modified_date"),
};

constexpr std::array car_fields{
    remap("park_id", "parks"),
    derive("parent_car_id", Derivation::parent_id),
    copy("number"),
    copy("callsign"),
    copy("brand"),
    copy("model"),
    copy("year"),
    copy("color"),
    copy("vin"),
    copy("status"),
    copy("categories"),
    copy("amenities"),
    child_owned("created_date", FirstValue::now),
    copy("modified_date"),
};

constexpr std::array driver_fields{
    remap("park_id", "parks"),
    remap("car_id", "cars"),
    remap("rule_id", "work_rules"),
    derive("parent_driver_id", Derivation::parent_id),
    copy("first_name"),
    copy("last_name"),
    copy("phones"),
    copy("license"),
    copy("work_status"),
    child_owned("balance", FirstValue::zero),
    copy("balance_limit"),
    drop("device_tokens"),
    drop("password_hash"),
    child_owned("created_date", FirstValue::now),
    copy("modified_date"),
};

constexpr std::array group_fields{
    remap("park_id", "parks"),
    copy("name"),
    read_only("grants"),
    constant("is_super", false),
    constant("read_only", true),
    copy("is_enabled"),
    child_owned("created_date", FirstValue::now),
    copy("modified_date"),
};

constexpr std::array user_fields{
    remap("park_id", "parks"),
    remap("group_id", "groups"),
    copy("login"),
    copy("display_name"),
    copy("phone"),
    copy("is_enabled"),
    constant("is_superuser", false),
    child_owned("created_date", FirstValue::now),
    copy("modified_date"),
};

// `(updated_ts, _id)` serves the incremental read, and a write that is guarded by the version it read. `_id` alone
// makes it unique, so saying so costs nothing; the embedded server keeps only unique indexes.
constexpr IndexSpecification by_update{
    .name = "updated_ts_id", .keys = R"({"updated_ts": 1, "_id": 1})", .unique = true};
constexpr IndexSpecification by_park{.name = "park_id", .keys = R"({"park_id": 1})"};

constexpr std::array park_indexes{
    by_update,
    IndexSpecification{.name = "login", .keys = R"({"login": 1})", .unique = true},
    IndexSpecification{.name = "parent_park_id", .keys = R"({"parent_park_id": 1})"},
};
constexpr std::array work_rule_indexes{by_update, by_park};
constexpr std::array car_indexes{by_update, by_park};
constexpr std::array driver_indexes{
    by_update,
    by_park,
    IndexSpecification{.name = "phones", .keys = R"({"phones": 1})"},
    IndexSpecification{.name = "license_number", .keys = R"({"license.number": 1})"},
};

constexpr std::array table{
    Entity{
        .name = "parks",
        .job = "parks",
        .database = "dbparks",
        .collection = "parks",
        .creation = Creation::when_enabled,
        .park_field = "_id",
        .retirement = {.field = "is_active"},
        .fields = park_fields,
        .indexes = park_indexes,
    },
    Entity{
        .name = "work_rules",
        .job = "work_rules",
        .database = "dbparks",
        .collection = "work_rules",
        .creation = Creation::with_park,
        .retirement = {.field = "is_enabled"},
        .fields = work_rule_fields,
        .indexes = work_rule_indexes,
    },
    Entity{
        .name = "cars",
        .job = "cars",
        .database = "dbcars",
        .collection = "cars",
        .creation = Creation::on_demand,
        .retirement = {.field = "status", .value = "not_working", .on = "working"},
        .fields = car_fields,
        .indexes = car_indexes,
    },
    Entity{
        .name = "drivers",
        .job = "drivers",
        .database = "dbdrivers",
        .collection = "drivers",
        .creation = Creation::on_demand,
        .retirement = {.field = "work_status", .value = "fired", .on = "working"},
        .switched_off_gets_no_child = true,
        .has_driver_profile = true,
        .can_be_erased = true,
        .fields = driver_fields,
        .indexes = driver_indexes,
    },
    Entity{
        .name = "groups",
        .job = "users",
        .storage = Storage::access_control,
        .retirement = {.field = "is_enabled"},
        .fields = group_fields,
    },
    Entity{
        .name = "users",
        .job = "users",
        .storage = Storage::access_control,
        .retirement = {.field = "is_enabled"},
        .has_accounts_beside = true,
        .unique_in_park = "login",
        .fields = user_fields,
    },
};

}  // namespace

std::span<const Entity> entities() {
    return table;
}

std::span<const std::string_view> jobs() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> each;
        for (const Entity& entity : table) {
            if (std::find(each.begin(), each.end(), entity.job) == each.end()) {
                each.push_back(entity.job);
            }
        }
        return each;
    }();
    return names;
}

const Entity* find_entity(std::string_view name) {
    for (const Entity& entity : table) {
        if (entity.name == name) {
            return &entity;
        }
    }
    return nullptr;
}

const Entity& entity(std::string_view name) {
    const Entity* found = find_entity(name);
    if (found == nullptr) {
        throw std::out_of_range("no entity " + std::string(name));
    }
    return *found;
}

const Entity& park_entity() {
    return table.front();
}

}  // namespace twinfleet::mirroring
