#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include "capabilities/access_control/directory/group.hpp"
#include "capabilities/access_control/directory/text_rules.hpp"
#include "capabilities/access_control/directory/user.hpp"
#include "platform/json/object_reader.hpp"

/// Groups and users as JSON, as requests and answers hold them (contract, section 4). Every function that reads throws
/// json::BadInput, which names the field that is wrong.
namespace twinfleet::access_control {

/// How many characters a text may have, both ends included.
struct CharacterLimits {
    std::size_t min = 1;
    std::size_t max = name_characters_max;
};
inline constexpr CharacterLimits id_characters{.max = id_characters_max};
inline constexpr CharacterLimits login_characters{.max = login_characters_max};
inline constexpr CharacterLimits group_name_characters{.max = name_characters_max};
inline constexpr CharacterLimits display_name_characters{.min = 0, .max = name_characters_max};

/// Throws unless the length of the text is within the limits and it holds no control characters. `field` is how the
/// error names the text.
void check_text(std::string_view field, std::string_view text, CharacterLimits limits);

// Single fields that are known to be there. Where null is allowed it is a value like any other.

/// A text.
[[nodiscard]] std::string read_text(json::ObjectReader& reader, std::string_view name, CharacterLimits limits);
/// A phone number in the form of ITU-T E.164, or null.
[[nodiscard]] std::optional<std::string> read_phone(json::ObjectReader& reader, std::string_view name);
/// The id of a group, or null.
[[nodiscard]] std::optional<GroupId> read_group_id(json::ObjectReader& reader, std::string_view name);
/// A list of grants. A text that is no grant is refused as `grants[i]`.
[[nodiscard]] domain::GrantSet read_grants(json::ObjectReader& reader, std::string_view name);
/// The most texts that a list of grants may hold, repeated ones included.
inline constexpr std::size_t grants_max = 100;

// Whole bodies. All fields but the name of a group and the login of a user may be left out. They then have the values
// that GroupFields and UserFields give them.

/// The body of a POST.
[[nodiscard]] GroupFields read_new_group(std::string_view body);
[[nodiscard]] UserFields read_new_user(std::string_view body);
/// The body of a PUT. It may hold the ids of the park and of the object as GET shows them. Throws api::Conflict when it
/// holds other ids.
[[nodiscard]] GroupFields read_replaced_group(std::string_view body, const ParkId& park_id, const GroupId& id);
[[nodiscard]] UserFields read_replaced_user(std::string_view body, const ParkId& park_id, const UserId& id);

/// The park in the body of `POST /v1/users`, which is needed before the rest of the body is looked at.
[[nodiscard]] ParkId read_park_of_account(const boost::json::object& body);
/// The user in that body. A request cannot make him a disabled one.
[[nodiscard]] UserFields read_new_account(const boost::json::object& body);

[[nodiscard]] boost::json::object to_json(const Group& group);
[[nodiscard]] boost::json::object to_json(const User& user);
[[nodiscard]] boost::json::array to_json(const domain::GrantSet& grants);

}  // namespace twinfleet::access_control
