#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include "capabilities/access_control/directory/group.hpp"
#include "capabilities/access_control/directory/text_rules.hpp"
#include "capabilities/access_control/directory/user.hpp"
#include "platform/json/object_reader.hpp"

/// Groups and users as they travel (contract, section 4). Reading throws json::BadInput that names the field.
namespace twinfleet::access_control {

struct CharacterLimits {
    std::size_t min = 1;
    std::size_t max = name_characters_max;
};
inline constexpr CharacterLimits id_characters{.max = id_characters_max};
inline constexpr CharacterLimits login_characters{.max = login_characters_max};
inline constexpr CharacterLimits group_name_characters{.max = name_characters_max};
inline constexpr CharacterLimits display_name_characters{.min = 0, .max = name_characters_max};

/// Throws unless the text is so many characters long and holds no control characters.
void check_text(std::string_view field, std::string_view text, CharacterLimits limits);

// Single fields; a field that is null is not one that is absent.

[[nodiscard]] std::string read_text(json::ObjectReader& reader, std::string_view name, CharacterLimits limits);
/// E.164 or null.
[[nodiscard]] std::optional<std::string> read_phone(json::ObjectReader& reader, std::string_view name);
/// Text or null.
[[nodiscard]] std::optional<GroupId> read_group_id(json::ObjectReader& reader, std::string_view name);
/// Refuses what is no grant as `grants[i]`.
[[nodiscard]] domain::GrantSet read_grants(json::ObjectReader& reader, std::string_view name);
/// The texts of a list may be repeated.
inline constexpr std::size_t grants_max = 100;

// Whole bodies. All fields but the name of a group and the login of a user may be left out; they then have the values
// that GroupFields and UserFields give them.

[[nodiscard]] GroupFields read_new_group(std::string_view body);
[[nodiscard]] UserFields read_new_user(std::string_view body);
/// The body of a PUT, which may hold park and id as GET shows them. Throws api::Conflict when it holds others.
[[nodiscard]] GroupFields read_replaced_group(std::string_view body, const ParkId& park_id, const GroupId& id);
[[nodiscard]] UserFields read_replaced_user(std::string_view body, const ParkId& park_id, const UserId& id);

/// The park of `POST /v1/users`, before the rest of the body is looked at.
[[nodiscard]] ParkId read_park_of_account(const boost::json::object& body);
/// The user; he cannot be disabled.
[[nodiscard]] UserFields read_new_account(const boost::json::object& body);

[[nodiscard]] boost::json::object to_json(const Group& group);
[[nodiscard]] boost::json::object to_json(const User& user);
[[nodiscard]] boost::json::array to_json(const domain::GrantSet& grants);

}  // namespace twinfleet::access_control
