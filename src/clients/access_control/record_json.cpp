#include "clients/access_control/record_json.hpp"

#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "clients/answer_fields.hpp"

namespace twinfleet::clients {
namespace {

boost::json::value json_of(const std::string& text) {
    return boost::json::string(text);
}

boost::json::value json_of(const std::vector<std::string>& texts) {
    return boost::json::array(texts.begin(), texts.end());
}

boost::json::value json_of(bool value) {
    return value;
}

boost::json::value json_of(std::int64_t value) {
    return value;
}

boost::json::value json_of(const std::optional<std::string>& text) {
    return text ? json_of(*text) : boost::json::value(nullptr);
}

template <typename Value>
void add_change(boost::json::object& json, std::string_view name, const std::optional<Value>& value) {
    if (value) {
        json[name] = json_of(*value);
    }
}

}  // namespace

void read(const boost::json::object& json, Group& group) {
    group = {.id = text_in(json, "id"),
             .park_id = text_in(json, "park_id"),
             .name = text_in(json, "name"),
             .grants = texts_in(json, "grants"),
             .is_super = boolean_in(json, "is_super"),
             .read_only = boolean_in(json, "read_only"),
             .is_enabled = boolean_in(json, "is_enabled"),
             .created_us = integer_in(json, "created_us"),
             .modified_us = integer_in(json, "modified_us"),
             .updated_us = integer_in(json, "updated_us")};
}

void read(const boost::json::object& json, User& user) {
    user = {.id = text_in(json, "id"),
            .park_id = text_in(json, "park_id"),
            .login = text_in(json, "login"),
            .display_name = text_in(json, "display_name"),
            .phone = nullable_text_in(json, "phone"),
            .group_id = nullable_text_in(json, "group_id"),
            .is_enabled = boolean_in(json, "is_enabled"),
            .is_superuser = boolean_in(json, "is_superuser"),
            .created_us = integer_in(json, "created_us"),
            .modified_us = integer_in(json, "modified_us"),
            .updated_us = integer_in(json, "updated_us")};
}

boost::json::object to_json(const Group& group) {
    return {{"id", group.id},
            {"park_id", group.park_id},
            {"name", group.name},
            {"grants", json_of(group.grants)},
            {"is_super", group.is_super},
            {"read_only", group.read_only},
            {"is_enabled", group.is_enabled},
            {"created_us", group.created_us},
            {"modified_us", group.modified_us}};
}

boost::json::object to_json(const User& user) {
    return {{"id", user.id},
            {"park_id", user.park_id},
            {"login", user.login},
            {"display_name", user.display_name},
            {"phone", json_of(user.phone)},
            {"group_id", json_of(user.group_id)},
            {"is_enabled", user.is_enabled},
            {"is_superuser", user.is_superuser},
            {"created_us", user.created_us},
            {"modified_us", user.modified_us}};
}

boost::json::object to_json(const GroupChanges& changes) {
    boost::json::object json;
    add_change(json, "park_id", changes.park_id);
    add_change(json, "name", changes.name);
    add_change(json, "grants", changes.grants);
    add_change(json, "is_super", changes.is_super);
    add_change(json, "read_only", changes.read_only);
    add_change(json, "is_enabled", changes.is_enabled);
    add_change(json, "created_us", changes.created_us);
    add_change(json, "modified_us", changes.modified_us);
    return json;
}

boost::json::object to_json(const UserChanges& changes) {
    boost::json::object json;
    add_change(json, "park_id", changes.park_id);
    add_change(json, "login", changes.login);
    add_change(json, "display_name", changes.display_name);
    add_change(json, "phone", changes.phone);
    add_change(json, "group_id", changes.group_id);
    add_change(json, "is_enabled", changes.is_enabled);
    add_change(json, "is_superuser", changes.is_superuser);
    add_change(json, "created_us", changes.created_us);
    add_change(json, "modified_us", changes.modified_us);
    return json;
}

}  // namespace twinfleet::clients
