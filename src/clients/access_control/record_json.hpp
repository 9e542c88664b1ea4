#pragma once

#include <boost/json/object.hpp>

#include "clients/access_control/records.hpp"

/// Records of access-control as they are in its internal endpoints.
namespace twinfleet::clients {

/// Throw json::BadInput for what is no such record.
void read(const boost::json::object& json, Group& group);
void read(const boost::json::object& json, User& user);

/// Without `updated_us`, which access-control sets.
[[nodiscard]] boost::json::object to_json(const Group& group);
[[nodiscard]] boost::json::object to_json(const User& user);
/// Only what is to be written.
[[nodiscard]] boost::json::object to_json(const GroupChanges& changes);
[[nodiscard]] boost::json::object to_json(const UserChanges& changes);

}  // namespace twinfleet::clients
