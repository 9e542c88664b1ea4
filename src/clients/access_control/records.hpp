#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Groups and users as access-control keeps them, for the mirror: its internal endpoints read and write them so. Times
/// are microseconds since 1970.
namespace twinfleet::clients {

struct Group {
    std::string id;
    std::string park_id;
    std::string name;
    std::vector<std::string> grants;
    bool is_super = false;
    bool read_only = false;
    bool is_enabled = false;
    std::int64_t created_us = 0;
    std::int64_t modified_us = 0;
    /// The version: the time of the last write by the clock of access-control, which sets it.
    std::int64_t updated_us = 0;
};

struct User {
    std::string id;
    std::string park_id;
    std::string login;
    std::string display_name;
    std::optional<std::string> phone;
    std::optional<std::string> group_id;
    bool is_enabled = false;
    bool is_superuser = false;
    std::int64_t created_us = 0;
    std::int64_t modified_us = 0;
    /// As of Group.
    std::int64_t updated_us = 0;
};

/// Fields of a group to be written; those without a value stay.
struct GroupChanges {
    std::optional<std::string> park_id;
    std::optional<std::string> name;
    std::optional<std::vector<std::string>> grants;
    std::optional<bool> is_super;
    std::optional<bool> read_only;
    std::optional<bool> is_enabled;
    std::optional<std::int64_t> created_us;
    std::optional<std::int64_t> modified_us;
};

/// Fields of a user to be written; those without a value stay.
struct UserChanges {
    /// A new value of a field that may have none: nullopt inside takes it away.
    using NullableText = std::optional<std::optional<std::string>>;

    std::optional<std::string> park_id;
    std::optional<std::string> login;
    std::optional<std::string> display_name;
    NullableText phone;
    NullableText group_id;
    std::optional<bool> is_enabled;
    std::optional<bool> is_superuser;
    std::optional<std::int64_t> created_us;
    std::optional<std::int64_t> modified_us;
};

/// Writes the changes only while the record is still at that version.
template <typename Changes>
struct RecordUpdate {
    std::string id;
    /// `updated_us` of the record as it was read.
    std::int64_t version_us = 0;
    Changes changes;
};
using GroupUpdate = RecordUpdate<GroupChanges>;
using UserUpdate = RecordUpdate<UserChanges>;

enum class RecordWriteOutcome : std::uint8_t {
    written,
    exists,       ///< insert: there is a record of that id
    moved_on,     ///< update: the record is not at that version any more, or gone
    login_taken,  ///< another user of the park has that login
    refused,      ///< access-control will not have it
};

}  // namespace twinfleet::clients
