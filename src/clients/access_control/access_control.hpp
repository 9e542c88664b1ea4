#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include "clients/access_control/records.hpp"
#include "platform/http_client/json_client.hpp"

namespace twinfleet::clients {

/// Where a page of changes begins: behind the record that was written then and has that id.
struct ChangePosition {
    std::int64_t updated_us = 0;
    std::string id;
};

/// What the mirror asks access-control for. Everything throws as http::JsonClient does; an answer that is not as agreed
/// is a platform::StoreUnavailable. Safe to use from any thread.
///
/// `Record` is Group or User.
class AccessControl {
public:
    /// Records, ids and parks in one request (the limit of the service).
    static constexpr std::size_t records_per_request_max = 1'000;

    /// Throws std::invalid_argument for settings that cannot be used. Does not connect. The clock must outlive this.
    AccessControl(const http::JsonClientSettings& settings, const platform::Clock& clock);

    /// The next at most `limit` records behind the position (nullopt: from the beginning), in the order in which they
    /// were written; of these parks, or of all when none is named. At most records_per_request_max of either.
    template <typename Record>
    [[nodiscard]] std::vector<Record> changes(const std::optional<ChangePosition>& after,
                                              std::span<const std::string> park_ids, std::size_t limit) const;
    /// The same by id, for those behind `after_id`.
    template <typename Record>
    [[nodiscard]] std::vector<Record> all(const std::optional<std::string>& after_id,
                                          std::span<const std::string> park_ids, std::size_t limit) const;
    /// Those that exist of so many ids as there may be, in no particular order.
    template <typename Record>
    [[nodiscard]] std::vector<Record> retrieve(std::span<const std::string_view> ids) const;
    /// Approximate.
    template <typename Record>
    [[nodiscard]] std::int64_t count() const;

    /// One outcome for each of so many records as there may be, in order. Repeating them is harmless. Throws
    /// platform::StoreRefused as well when the answer does not tell what became of each.
    [[nodiscard]] std::vector<RecordWriteOutcome> insert(std::span<const Group> groups) const;
    [[nodiscard]] std::vector<RecordWriteOutcome> insert(std::span<const User> users) const;
    [[nodiscard]] std::vector<RecordWriteOutcome> update(std::span<const GroupUpdate> updates) const;
    [[nodiscard]] std::vector<RecordWriteOutcome> update(std::span<const UserUpdate> updates) const;

    /// The clock that sets `updated_us`.
    [[nodiscard]] std::int64_t clock_us() const;

    /// Makes a user by his login, or leaves the one alone that is there; whether he was made.
    bool make_user(std::string_view park_id, std::string_view login, std::string_view display_name) const;

private:
    [[nodiscard]] http::JsonAnswer ask(std::string_view method, const std::string& target,
                                       const boost::json::object* body) const;
    template <typename Item>
    [[nodiscard]] std::vector<RecordWriteOutcome> write(std::string_view kind, std::span<const Item> items) const;

    const http::JsonClient client_;
};

}  // namespace twinfleet::clients
