#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "capabilities/access_control/directory/group.hpp"
#include "capabilities/access_control/directory/user.hpp"

/// Groups and users as the mirror sees them: across parks, with their times and their version.
namespace twinfleet::access_control {

/// Microseconds since 1970.
struct RecordTimes {
    std::int64_t created_us = 0;
    std::int64_t modified_us = 0;
    bool operator==(const RecordTimes&) const = default;
};

/// Bounds of RecordTimes, years 1684 to 2255: in between PostgreSQL computes exactly with double precision.
inline constexpr std::int64_t record_time_us_max = 9'000'000'000'000'000;

struct GroupRecord {
    Group group;
    /// A disabled group grants nothing.
    bool is_enabled = true;
    RecordTimes times;
    /// The version: set by the database at every write, and never the same again.
    std::int64_t updated_us = 0;
};

struct UserRecord {
    User user;
    RecordTimes times;
    std::int64_t updated_us = 0;
};

/// What a write sets; absent: as it is.
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

struct UserChange {
    std::optional<ParkId> park_id;
    std::optional<std::string> login;
    std::optional<std::string> display_name;
    /// The inner one: null.
    std::optional<std::optional<std::string>> phone;
    std::optional<std::optional<GroupId>> group_id;
    std::optional<bool> is_enabled;
    std::optional<bool> is_superuser;
    std::optional<std::int64_t> created_us;
    std::optional<std::int64_t> modified_us;
};

template <typename Record>
struct InsertRecord {
    Record record;
};

template <typename Change>
struct UpdateRecord {
    std::string id;
    /// The `updated_us` that the record must have.
    std::int64_t version = 0;
    Change change;
};

/// A record that cannot be stored; it keeps its place among the outcomes.
struct UnusableRecord {};

using GroupOperation = std::variant<InsertRecord<GroupRecord>, UpdateRecord<GroupChange>, UnusableRecord>;
using UserOperation = std::variant<InsertRecord<UserRecord>, UpdateRecord<UserChange>, UnusableRecord>;

enum class WriteOutcome : std::uint8_t {
    written,
    exists,       ///< insert: there is a record of that id
    moved_on,     ///< update: not at that version any more, or gone
    login_taken,  ///< another user of that park has the login
    refused,      ///< cannot be stored: malformed, or a group of another park
};

}  // namespace twinfleet::access_control
