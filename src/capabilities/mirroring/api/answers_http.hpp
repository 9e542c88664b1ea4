#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "capabilities/mirroring/api/mirror_api_http.hpp"
#include "platform/json/object_reader.hpp"

/// What the endpoints have in common. Everything that reads input throws json::BadInput.
namespace twinfleet::mirroring {

/// Longer than any id that the mirror can hold.
inline constexpr json::TextLimits id_limits{.bytes_min = 1, .bytes_max = 1024};
inline constexpr std::size_t page_limit_max = 1000;
inline constexpr std::size_t page_limit_usual = 100;

/// 503 with Retry-After.
[[nodiscard]] http::Response overloaded_response();
[[nodiscard]] http::Response job_is_running_response(std::int64_t run_id);
/// Of a handler that answers from another thread: what ApiServer makes of an exception.
[[nodiscard]] http::Response failure_response(const std::exception_ptr& failure, log::Logger& log,
                                              std::string_view request_id);

[[nodiscard]] boost::json::value time_or_null(const std::optional<Time>& time);
/// Not below 0.
[[nodiscard]] double seconds_since(Time then, Time now);
/// Without lease and cursor when nothing is known of it.
[[nodiscard]] JobState state_of(const std::vector<JobState>& states, std::string_view job, std::string_view family);
[[nodiscard]] boost::json::value text_or_null(std::string_view text);
[[nodiscard]] boost::json::object to_json(const RunRecord& run, Time now);
[[nodiscard]] boost::json::object to_json(const QuarantineEntry& entry);

/// A part of the path.
[[nodiscard]] const std::string& id_in_path(const http::Call& call, std::string_view name);
/// One that is a number from 1.
[[nodiscard]] std::int64_t number_in_path(const http::Call& call, std::string_view name);
/// nullptr when there is no such entity.
[[nodiscard]] const Entity* entity_in_path(const http::Call& call, std::string_view name);
void refuse_query(const http::Call& call);
/// An endpoint without input takes no body, or an empty object.
void refuse_body(const http::Call& call);

/// The values of a query, each at most once.
class Query {
public:
    Query(const http::Call& call, const std::vector<std::string_view>& names);

    /// Empty when it is not given.
    [[nodiscard]] std::string text(std::string_view name, json::TextLimits limits = id_limits) const;
    /// 0 when it is not given.
    [[nodiscard]] std::int64_t cursor() const;
    [[nodiscard]] std::size_t limit() const;

private:
    [[nodiscard]] const std::string* find(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>> values_;
};

/// Adds `next_cursor`, the id behind which the next page begins; nullopt: this was the last one.
void add_next_cursor(boost::json::object& page, std::optional<std::int64_t> last_id);

}  // namespace twinfleet::mirroring
