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

/// Where a page of changes begins: behind the record with this id that was written at this time.
struct ChangePosition {
    std::int64_t updated_us = 0;
    std::string id;
};

/// Asks access-control for what the mirror needs (contract, section 4). `Record` is Group or User. Every function
/// throws as http::JsonClient does; an answer that is not as agreed throws platform::StoreUnavailable. Safe to use from
/// any thread.
class AccessControl {
public:
    /// The most records, ids or parks in one request, which is the limit of access-control.
    static constexpr std::size_t records_per_request_max = 1'000;

    /// Does not connect. Throws std::invalid_argument for settings that cannot be used. The clock outlives this.
    AccessControl(const http::JsonClientSettings& settings, const platform::Clock& clock);

    /// The next records behind the position, at most `limit` of them, in the order in which they were written; nullopt
    /// begins with the first record. Only records of these parks, or of all parks when none is named. `limit` and the
    /// number of parks are at most records_per_request_max.
    template <typename Record>
    [[nodiscard]] std::vector<Record> changes(const std::optional<ChangePosition>& after,
                                              std::span<const std::string> park_ids, std::size_t limit) const;
    /// The same in order of id, behind `after_id`.
    template <typename Record>
    [[nodiscard]] std::vector<Record> all(const std::optional<std::string>& after_id,
                                          std::span<const std::string> park_ids, std::size_t limit) const;
    /// The next records that were removed behind the position, at most `limit` of them, in the order in which they were
    /// removed; nullopt begins with the first removal that is still known. Otherwise as changes().
    template <typename Record>
    [[nodiscard]] std::vector<RemovedRecord> removals(const std::optional<ChangePosition>& after,
                                                      std::span<const std::string> park_ids, std::size_t limit) const;
    /// The records with these ids, as far as they exist, in no particular order. Any number of ids may be given.
    template <typename Record>
    [[nodiscard]] std::vector<Record> retrieve(std::span<const std::string_view> ids) const;
    /// The approximate number of records.
    template <typename Record>
    [[nodiscard]] std::int64_t count() const;

    /// Inserts or updates records, any number of them. Returns one outcome for each, in the same order. Doing so again
    /// is harmless. Throws platform::StoreRefused as well when the answer does not tell the outcome of each record.
    [[nodiscard]] std::vector<RecordWriteOutcome> insert(std::span<const Group> groups) const;
    [[nodiscard]] std::vector<RecordWriteOutcome> insert(std::span<const User> users) const;
    [[nodiscard]] std::vector<RecordWriteOutcome> update(std::span<const GroupUpdate> updates) const;
    [[nodiscard]] std::vector<RecordWriteOutcome> update(std::span<const UserUpdate> updates) const;

    /// Who has these logins, the master accounts of child parks included; a login that nobody has is left out. Any
    /// number of logins may be given.
    [[nodiscard]] std::vector<LoginHolder> login_holders(std::span<const ParkLogin> logins) const;

    /// The clock that sets `updated_us`, in microseconds since 1970.
    struct Clock {
        std::int64_t now_us = 0;
        /// What was written or removed before this time is found by whoever asks for it from now on; a later write may
        /// still be in a transaction that has not ended.
        std::int64_t settled_us = 0;
    };
    [[nodiscard]] Clock clock() const;

    /// Makes a user with this login, unless there is one already, who then stays as he is. Returns whether he was made.
    bool make_user(std::string_view park_id, std::string_view login, std::string_view display_name) const;

private:
    [[nodiscard]] http::JsonAnswer ask(std::string_view method, const std::string& target,
                                       const boost::json::object* body) const;
    template <typename Item>
    [[nodiscard]] std::vector<RecordWriteOutcome> write(std::string_view kind, std::span<const Item> items) const;

    const http::JsonClient client_;
};

}  // namespace twinfleet::clients
