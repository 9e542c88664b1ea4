#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "capabilities/access_control/records/record.hpp"
#include "capabilities/access_control/records/record_feed_postgres.hpp"

/// Records and the questions of the mirror as JSON, as the internal endpoints take and give them. Every function that
/// reads throws json::BadInput, which names the field that is wrong.
namespace twinfleet::access_control {

/// Asks for the next `limit` records behind `after`, in the order in which they were written.
struct ChangesRequest {
    std::optional<FeedPosition> after;
    ParkFilter parks;
    std::size_t limit = 0;
};
[[nodiscard]] ChangesRequest read_changes_request(std::string_view body);

/// Asks for the next `limit` records behind `after_id`, in order of id.
struct AllRequest {
    std::optional<std::string> after_id;
    ParkFilter parks;
    std::size_t limit = 0;
};
[[nodiscard]] AllRequest read_all_request(std::string_view body);

/// The ids of the records that are asked for.
[[nodiscard]] std::vector<std::string> read_retrieve_request(std::string_view body);

/// The logins whose holders are asked for; the ids are empty.
[[nodiscard]] std::vector<LoginHolder> read_holders_request(std::string_view body);

/// The writes that are asked for. A record that cannot be stored becomes an UnusableRecord, so that it fails alone; the
/// request is refused only when something in it is no write at all.
template <typename Operation>
[[nodiscard]] std::vector<Operation> read_write_request(std::string_view body);
extern template std::vector<GroupOperation> read_write_request(std::string_view body);
extern template std::vector<UserOperation> read_write_request(std::string_view body);

[[nodiscard]] boost::json::object to_json(const GroupRecord& record);
[[nodiscard]] boost::json::object to_json(const UserRecord& record);
[[nodiscard]] boost::json::object to_json(const RemovedRecord& removed);
[[nodiscard]] boost::json::object to_json(const LoginHolder& holder);
/// The outcome as answers name it, such as `written`.
[[nodiscard]] std::string_view name_of(WriteOutcome outcome);

}  // namespace twinfleet::access_control
