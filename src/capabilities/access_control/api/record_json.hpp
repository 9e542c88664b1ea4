#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "capabilities/access_control/records/record.hpp"
#include "capabilities/access_control/records/record_feed_postgres.hpp"

/// Records and the mirror's questions as they travel. Reading throws json::BadInput that names the field.
namespace twinfleet::access_control {

struct ChangesRequest {
    std::optional<FeedPosition> after;
    ParkFilter parks;
    std::size_t limit = 0;
};
[[nodiscard]] ChangesRequest read_changes_request(std::string_view body);

struct AllRequest {
    std::optional<std::string> after_id;
    ParkFilter parks;
    std::size_t limit = 0;
};
[[nodiscard]] AllRequest read_all_request(std::string_view body);

[[nodiscard]] std::vector<std::string> read_retrieve_request(std::string_view body);

/// A record that cannot be stored becomes an UnusableRecord; only what is no operation at all is refused.
template <typename Operation>
[[nodiscard]] std::vector<Operation> read_write_request(std::string_view body);
extern template std::vector<GroupOperation> read_write_request(std::string_view body);
extern template std::vector<UserOperation> read_write_request(std::string_view body);

[[nodiscard]] boost::json::object to_json(const GroupRecord& record);
[[nodiscard]] boost::json::object to_json(const UserRecord& record);
/// `written`.
[[nodiscard]] std::string_view name_of(WriteOutcome outcome);

}  // namespace twinfleet::access_control
