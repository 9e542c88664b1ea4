#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Groups and users as the internal endpoints of access-control give them to the mirror and take them from it. Times
/// are microseconds since 1970.
namespace twinfleet::clients {

/// A group of a park's users, with what they may do.
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
    /// The version of the record: the time of its last write, which access-control sets by its own clock.
    std::int64_t updated_us = 0;
};

/// A user of a park's dispatcher.
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
    /// The version, as for Group.
    std::int64_t updated_us = 0;
};

/// A record that is not there any more.
struct RemovedRecord {
    std::string id;
    std::string park_id;
    /// When it was removed, by the clock that sets `updated_us`.
    std::int64_t removed_us = 0;
};

/// A login of a park.
struct ParkLogin {
    std::string park_id;
    std::string login;
};
/// A login of a park, and whose it is.
struct LoginHolder {
    std::string park_id;
    std::string login;
    std::string user_id;
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
    /// A new value for a field that may be null: the inner nullopt sets the field to null.
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

/// Changes of one record that are written only if the record still has the version `version_us`.
template <typename Changes>
struct RecordUpdate {
    std::string id;
    /// `updated_us` of the record as it was read.
    std::int64_t version_us = 0;
    Changes changes;
};
using GroupUpdate = RecordUpdate<GroupChanges>;
using UserUpdate = RecordUpdate<UserChanges>;

/// What became of the write of a record.
enum class RecordWriteOutcome : std::uint8_t {
    written,
    exists,       ///< of an insert: there is a record with that id already
    moved_on,     ///< of an update: the record does not have that version any more, or is gone
    login_taken,  ///< another user of the park has that login
    refused,      ///< access-control does not accept the record
};

}  // namespace twinfleet::clients
