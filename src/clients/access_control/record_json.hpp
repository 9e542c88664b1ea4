#pragma once

#include <boost/json/object.hpp>

#include "clients/access_control/records.hpp"

/// Records of access-control as JSON, in the form of its internal endpoints.
namespace twinfleet::clients {

/// Fill the record from JSON. Throw json::BadInput when the JSON is no such record.
void read(const boost::json::object& json, Group& group);
void read(const boost::json::object& json, User& user);

/// The record without `updated_us`, which access-control sets.
[[nodiscard]] boost::json::object to_json(const Group& group);
[[nodiscard]] boost::json::object to_json(const User& user);
/// Only the fields that are to be written.
[[nodiscard]] boost::json::object to_json(const GroupChanges& changes);
[[nodiscard]] boost::json::object to_json(const UserChanges& changes);

}  // namespace twinfleet::clients
