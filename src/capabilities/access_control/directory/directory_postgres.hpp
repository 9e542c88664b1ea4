#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "capabilities/access_control/audit/author.hpp"
#include "capabilities/access_control/directory/group.hpp"
#include "capabilities/access_control/directory/user.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

/// Why a write was not done.
enum class DirectoryRefusal : std::uint8_t {
    not_found,        ///< what was to be changed is not there, or in another park
    name_taken,       ///< another group of the park has the name
    login_taken,      ///< another user of the park has the login
    group_not_found,  ///< a user's group is not there, or in another park
    group_in_use,     ///< a group to be removed has users
};

template <typename Value>
using DirectoryResult = std::variant<Value, DirectoryRefusal>;

/// Groups and users of parks, in schema `access_control`. Every change is noted in the audit trail with its author, in
/// the same transaction. Safe to use from any thread; throws as postgres::Pool.
class PostgresDirectory {
public:
    explicit PostgresDirectory(postgres::Pool& pool) : pool_(pool) {}

    /// Those whose id comes behind `after_id`, in order of id; at most `count_max`.
    [[nodiscard]] std::vector<Group> groups(const ParkId& park_id, const std::string& after_id, std::size_t count_max);
    [[nodiscard]] std::optional<Group> group(const ParkId& park_id, const GroupId& id);
    [[nodiscard]] DirectoryResult<Group> create_group(const Author& author, const ParkId& park_id,
                                                      const GroupFields& fields);
    [[nodiscard]] DirectoryResult<Group> replace_group(const Author& author, const ParkId& park_id, const GroupId& id,
                                                       const GroupFields& fields);
    /// nullopt: removed.
    [[nodiscard]] std::optional<DirectoryRefusal> remove_group(const Author& author, const ParkId& park_id,
                                                               const GroupId& id);

    /// As groups().
    [[nodiscard]] std::vector<User> users(const ParkId& park_id, const std::string& after_id, std::size_t count_max);
    [[nodiscard]] std::optional<User> user(const ParkId& park_id, const UserId& id);
    [[nodiscard]] DirectoryResult<User> create_user(const Author& author, const ParkId& park_id,
                                                    const UserFields& fields);

    struct Ensured {
        User user;
        /// False: a user of that login was there; he is as he was.
        bool is_new = false;
    };
    [[nodiscard]] DirectoryResult<Ensured> ensure_user(const Author& author, const ParkId& park_id,
                                                       const UserFields& fields, bool is_master);
    [[nodiscard]] DirectoryResult<User> replace_user(const Author& author, const ParkId& park_id, const UserId& id,
                                                     const UserFields& fields);
    [[nodiscard]] std::optional<DirectoryRefusal> remove_user(const Author& author, const ParkId& park_id,
                                                              const UserId& id);

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::access_control
