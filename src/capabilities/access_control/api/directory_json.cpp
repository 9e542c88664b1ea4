#include "capabilities/access_control/api/directory_json.hpp"

#include <boost/json/array.hpp>

namespace twinfleet::access_control {
namespace {

/// Of UTF-8.
constexpr std::size_t character_bytes_max = 4;

json::ObjectReader::TextLimits in_bytes(CharacterLimits limits) {
    return {.bytes_min = limits.min, .bytes_max = limits.max * character_bytes_max};
}

/// Reads one object's fields, some of which may be left out.
class Fields {
public:
    Fields(const boost::json::object& object, LeftOut left_out)
        : object_(object), left_out_(left_out), reader_(object) {}

    template <typename Value, typename Read>
    void read(std::string_view name, Value& target, const Read& read) {
        if (left_out_ == LeftOut::is_refused && !object_.contains(name)) {
            throw json::BadInput(std::string(name), "expected a value");
        }
        if (object_.contains(name)) {
            target = read(reader_, name);
        }
    }
    void read(std::string_view name, bool& target) {
        read(name, target, [](json::ObjectReader& reader, std::string_view field) { return reader.boolean(field); });
    }
    [[nodiscard]] json::ObjectReader& reader() noexcept { return reader_; }

private:
    const boost::json::object& object_;
    const LeftOut left_out_;
    json::ObjectReader reader_;
};

std::string read_display_name(json::ObjectReader& reader, std::string_view name) {
    return read_text(reader, name, display_name_characters);
}

boost::json::value or_null(const std::optional<std::string>& text) {
    return text ? boost::json::value(*text) : boost::json::value(nullptr);
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

GroupFields read_group_fields(std::string_view body, LeftOut left_out) {
    const auto object = json::parse_object(body);
    Fields input(object, left_out);
    GroupFields fields;
    fields.name = read_text(input.reader(), "name", group_name_characters);
    input.read("grants", fields.grants, read_grants);
    input.read("is_super", fields.is_super);
    input.read("read_only", fields.read_only);
    input.reader().finish();
    return fields;
}

UserFields read_user_fields(std::string_view body, LeftOut left_out) {
    const auto object = json::parse_object(body);
    Fields input(object, left_out);
    UserFields fields;
    fields.login = read_text(input.reader(), "login", login_characters);
    input.read("display_name", fields.display_name, read_display_name);
    input.read("phone", fields.phone, read_phone);
    input.read("group_id", fields.group_id, read_group_id);
    input.read("is_enabled", fields.is_enabled);
    input.read("is_superuser", fields.is_superuser);
    input.reader().finish();
    return fields;
}

NewAccount read_new_account(std::string_view body) {
    const auto object = json::parse_object(body);
    Fields input(object, LeftOut::is_default);
    NewAccount account{.park_id = ParkId(read_text(input.reader(), "park_id", id_characters))};
    account.fields.login = read_text(input.reader(), "login", login_characters);
    input.read("display_name", account.fields.display_name, read_display_name);
    input.read("phone", account.fields.phone, read_phone);
    input.read("group_id", account.fields.group_id, read_group_id);
    input.read("is_superuser", account.fields.is_superuser);
    input.reader().finish();
    return account;
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
            {"phone", or_null(fields.phone)},
            {"group_id", fields.group_id ? boost::json::value(fields.group_id->value()) : boost::json::value(nullptr)},
            {"is_enabled", fields.is_enabled},
            {"is_superuser", fields.is_superuser}};
}

}  // namespace twinfleet::access_control
