#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "capabilities/access_control/directory/group.hpp"
#include "capabilities/access_control/directory/user.hpp"

/// Groups and users as fleet-synchronizer mirrors them: those of all parks, with their times and their version.
namespace twinfleet::access_control {

/// When a record was created and when it was last modified, in microseconds since 1970.
struct RecordTimes {
    std::int64_t created_us = 0;
    std::int64_t modified_us = 0;
    bool operator==(const RecordTimes&) const = default;
};

/// No RecordTimes are further from 1970 than this, which is from 1684 to 2255: in that range PostgreSQL computes
/// exactly with double precision.
inline constexpr std::int64_t record_time_us_max = 9'000'000'000'000'000;

struct GroupRecord {
    Group group;
    /// A disabled group grants nothing.
    bool is_enabled = true;
    RecordTimes times;
    /// The version of the record. The database sets it at every write, and never twice to the same value.
    std::int64_t updated_us = 0;
};

struct UserRecord {
    User user;
    RecordTimes times;
    /// The version, as in a GroupRecord.
    std::int64_t updated_us = 0;
};

/// What a write sets in a group. Fields that are absent here stay as they are.
struct GroupChange {
    std::optional<ParkId> park_id;
    std::optional<std::string> name;
    std::optional<domain::GrantSet> grants;
    std::optional<bool> is_super;
    std::optional<bool> read_only;
    std::optional<bool> is_enabled;
    std::optional<std::int64_t> created_us;
    std::optional<std::int64_t> modified_us;
};

/// What a write sets in a user. Fields that are absent here stay as they are.
struct UserChange {
    std::optional<ParkId> park_id;
    std::optional<std::string> login;
    std::optional<std::string> display_name;
    /// An empty optional within the optional sets the field to null; so it does in `group_id`.
    std::optional<std::optional<std::string>> phone;
    std::optional<std::optional<GroupId>> group_id;
    std::optional<bool> is_enabled;
    std::optional<bool> is_superuser;
    std::optional<std::int64_t> created_us;
    std::optional<std::int64_t> modified_us;
};

/// Stores a record whose id is not there yet.
template <typename Record>
struct InsertRecord {
    Record record;
};

/// Changes the record `id` if it still has this version.
template <typename Change>
struct UpdateRecord {
    std::string id;
    /// The `updated_us` that the record must have.
    std::int64_t version = 0;
    Change change;
};

/// Stands for an operation that cannot be carried out, so that the outcomes are in the order of the request.
struct UnusableRecord {};

using GroupOperation = std::variant<InsertRecord<GroupRecord>, UpdateRecord<GroupChange>, UnusableRecord>;
using UserOperation = std::variant<InsertRecord<UserRecord>, UpdateRecord<UserChange>, UnusableRecord>;

enum class WriteOutcome : std::uint8_t {
    written,
    exists,       ///< insert: there is a record of that id already
    moved_on,     ///< update: the record is at another version by now, or gone
    login_taken,  ///< another user of that park has the login
    refused,      ///< the record cannot be stored: it is malformed, or names a group of another park
};

}  // namespace twinfleet::access_control
