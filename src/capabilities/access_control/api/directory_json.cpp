#include "capabilities/access_control/api/directory_json.hpp"

#include <boost/json/array.hpp>

#include "platform/api/replacement.hpp"
#include "platform/json/nullable.hpp"

namespace twinfleet::access_control {
namespace {

/// Of UTF-8.
constexpr std::size_t character_bytes_max = 4;

json::ObjectReader::TextLimits in_bytes(CharacterLimits limits) {
    return {.bytes_min = limits.min, .bytes_max = limits.max * character_bytes_max};
}

/// Reads a field that may be left out, but not be null unless `read` takes null.
template <typename Value, typename Read>
void read_if_given(json::ObjectReader& reader, std::string_view name, Value& target, const Read& read) {
    if (reader.any(name) != nullptr) {
        target = read(reader, name);
    }
}

bool read_boolean(json::ObjectReader& reader, std::string_view name) {
    return reader.boolean(name);
}

std::string read_display_name(json::ObjectReader& reader, std::string_view name) {
    return read_text(reader, name, display_name_characters);
}

GroupFields read_group(json::ObjectReader& reader) {
    GroupFields fields;
    fields.name = read_text(reader, "name", group_name_characters);
    read_if_given(reader, "grants", fields.grants, read_grants);
    read_if_given(reader, "is_super", fields.is_super, read_boolean);
    read_if_given(reader, "read_only", fields.read_only, read_boolean);
    return fields;
}

UserFields read_enabled_user(json::ObjectReader& reader) {
    UserFields fields;
    fields.login = read_text(reader, "login", login_characters);
    read_if_given(reader, "display_name", fields.display_name, read_display_name);
    read_if_given(reader, "phone", fields.phone, read_phone);
    read_if_given(reader, "group_id", fields.group_id, read_group_id);
    read_if_given(reader, "is_superuser", fields.is_superuser, read_boolean);
    return fields;
}

UserFields read_user(json::ObjectReader& reader) {
    UserFields fields = read_enabled_user(reader);
    read_if_given(reader, "is_enabled", fields.is_enabled, read_boolean);
    return fields;
}

template <typename Id>
api::FixedFields fixed_fields(const ParkId& park_id, const Id& id) {
    return {{"id", boost::json::value(id.value())}, {"park_id", boost::json::value(park_id.value())}};
}

}  // namespace

void check_text(std::string_view field, std::string_view text, CharacterLimits limits) {
    const std::size_t count = character_count(text);
    if (count < limits.min || count > limits.max || has_control_characters(text)) {
        throw json::BadInput(std::string(field), "expected a text of " + std::to_string(limits.min) + " to " +
                                                     std::to_string(limits.max) +
                                                     " characters, none of them a control character");
    }
}

std::string read_text(json::ObjectReader& reader, std::string_view name, CharacterLimits limits) {
    std::string text = reader.text(name, in_bytes(limits));
    check_text(reader.path_of(name), text, limits);
    return text;
}

std::optional<std::string> read_phone(json::ObjectReader& reader, std::string_view name) {
    auto phone = reader.optional_text(name);
    if (phone && !is_phone(*phone)) {
        throw json::BadInput(reader.path_of(name), "expected a phone number as E.164 has it, or null");
    }
    return phone;
}

std::optional<GroupId> read_group_id(json::ObjectReader& reader, std::string_view name) {
    auto id = reader.optional_text(name, in_bytes(id_characters));
    if (!id) {
        return std::nullopt;
    }
    check_text(reader.path_of(name), *id, id_characters);
    return GroupId(*std::move(id));
}

domain::GrantSet read_grants(json::ObjectReader& reader, std::string_view name) {
    const auto names = reader.texts(name, 0, grants_max, {.bytes_min = 0});
    domain::GrantSet grants;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto grant = domain::parse_grant(names[i]);
        if (!grant) {
            throw json::BadInput(reader.path_of(name) + '[' + std::to_string(i) + ']', "expected the name of a grant");
        }
        grants.add(*grant);
    }
    return grants;
}

GroupFields read_new_group(std::string_view body) {
    return json::read_object(body, read_group);
}

UserFields read_new_user(std::string_view body) {
    return json::read_object(body, read_user);
}

GroupFields read_replaced_group(std::string_view body, const ParkId& park_id, const GroupId& id) {
    return api::read_replacement(body, fixed_fields(park_id, id), read_group);
}

UserFields read_replaced_user(std::string_view body, const ParkId& park_id, const UserId& id) {
    return api::read_replacement(body, fixed_fields(park_id, id), read_user);
}

ParkId read_park_of_account(const boost::json::object& body) {
    json::ObjectReader reader(body);
    return ParkId(read_text(reader, "park_id", id_characters));
}

UserFields read_new_account(const boost::json::object& body) {
    json::ObjectReader reader(body);
    static_cast<void>(reader.any("park_id"));
    UserFields fields = read_enabled_user(reader);
    reader.finish();
    return fields;
}

boost::json::array to_json(const domain::GrantSet& grants) {
    boost::json::array names;
    for (const std::string_view name : grants.names()) {
        names.emplace_back(name);
    }
    return names;
}

boost::json::object to_json(const Group& group) {
    return {{"id", group.id.value()},
            {"park_id", group.park_id.value()},
            {"name", group.fields.name},
            {"grants", to_json(group.fields.grants)},
            {"is_super", group.fields.is_super},
            {"read_only", group.fields.read_only}};
}

boost::json::object to_json(const User& user) {
    const UserFields& fields = user.fields;
    return {{"id", user.id.value()},
            {"park_id", user.park_id.value()},
            {"login", fields.login},
            {"display_name", fields.display_name},
            {"phone", json::or_null(fields.phone, [](const std::string& phone) { return phone; })},
            {"group_id", json::or_null(fields.group_id, [](const GroupId& id) { return id.value(); })},
            {"is_enabled", fields.is_enabled},
            {"is_superuser", fields.is_superuser}};
}

}  // namespace twinfleet::access_control
