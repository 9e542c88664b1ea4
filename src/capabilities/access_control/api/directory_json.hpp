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

/// What becomes of a field that is left out.
enum class LeftOut { is_refused, is_default };

/// A whole request. Fields with LeftOut::is_default: all but the name.
[[nodiscard]] GroupFields read_group_fields(std::string_view body, LeftOut left_out);
/// Fields with LeftOut::is_default: all but the login.
[[nodiscard]] UserFields read_user_fields(std::string_view body, LeftOut left_out);

struct NewAccount {
    ParkId park_id;
    UserFields fields;
};
/// A whole request; all but park and login may be left out.
[[nodiscard]] NewAccount read_new_account(std::string_view body);

[[nodiscard]] boost::json::object to_json(const Group& group);
[[nodiscard]] boost::json::object to_json(const User& user);
[[nodiscard]] boost::json::array to_json(const domain::GrantSet& grants);

}  // namespace twinfleet::access_control
