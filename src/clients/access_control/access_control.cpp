#include "clients/access_control/access_control.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/array.hpp>

#include "clients/access_control/record_json.hpp"
#include "clients/answer_fields.hpp"

namespace twinfleet::clients {
namespace {

template <typename Record>
constexpr std::string_view kind_of = "users";
template <>
constexpr std::string_view kind_of<Group> = "groups";

std::string internal_target(std::string_view kind, std::string_view action) {
    return http::path_of({"v1", "internal", kind, action});
}

template <typename Texts>
boost::json::array json_array_of(const Texts& texts) {
    return boost::json::array(texts.begin(), texts.end());
}

template <typename Record>
Record record_in(const boost::json::object& json) {
    Record record;
    read(json, record);
    return record;
}

template <typename Record>
std::vector<Record> records_in(const http::JsonClient& client, const http::JsonAnswer& answer) {
    return read_answer(client, answer,
                       [](const boost::json::object& body) { return objects_in(body, "items", record_in<Record>); });
}

boost::json::object feed_request(std::span<const std::string> park_ids, std::size_t limit) {
    boost::json::object body{{"limit", limit}};
    if (!park_ids.empty()) {
        body["park_ids"] = json_array_of(park_ids);
    }
    return body;
}

boost::json::object request_behind(const std::optional<ChangePosition>& after, std::span<const std::string> park_ids,
                                   std::size_t limit) {
    boost::json::object body = feed_request(park_ids, limit);
    if (after) {
        body["after"] = boost::json::object{{"updated_us", after->updated_us}, {"id", after->id}};
    } else {
        body["after"] = nullptr;
    }
    return body;
}

boost::json::object operation(const Group& group) {
    return {{"op", "insert"}, {"record", to_json(group)}};
}

boost::json::object operation(const User& user) {
    return {{"op", "insert"}, {"record", to_json(user)}};
}

template <typename Changes>
boost::json::object operation(const RecordUpdate<Changes>& update) {
    return {{"op", "update"}, {"id", update.id}, {"version", update.version_us}, {"record", to_json(update.changes)}};
}

RecordWriteOutcome outcome_named(std::string_view name) {
    if (name == "written") {
        return RecordWriteOutcome::written;
    }
    if (name == "exists") {
        return RecordWriteOutcome::exists;
    }
    if (name == "moved_on") {
        return RecordWriteOutcome::moved_on;
    }
    return name == "login_taken" ? RecordWriteOutcome::login_taken : RecordWriteOutcome::refused;
}

}  // namespace

AccessControl::AccessControl(const http::JsonClientSettings& settings, const platform::Clock& clock)
    : client_(settings, clock) {}

http::JsonAnswer AccessControl::ask(std::string_view method, const std::string& target,
                                    const boost::json::object* body) const {
    return client_.ask({.method = method, .target = target, .body = body});
}

template <typename Record>
std::vector<Record> AccessControl::changes(const std::optional<ChangePosition>& after,
                                           std::span<const std::string> park_ids, std::size_t limit) const {
    const boost::json::object body = request_behind(after, park_ids, limit);
    return records_in<Record>(client_, ask("POST", internal_target(kind_of<Record>, "changes"), &body));
}

template <typename Record>
std::vector<RemovedRecord> AccessControl::removals(const std::optional<ChangePosition>& after,
                                                   std::span<const std::string> park_ids, std::size_t limit) const {
    const boost::json::object body = request_behind(after, park_ids, limit);
    return read_answer(client_, ask("POST", internal_target(kind_of<Record>, "removals"), &body),
                       [](const boost::json::object& answer) {
                           return objects_in(answer, "items", [](const boost::json::object& item) {
                               return RemovedRecord{.id = text_in(item, "id"),
                                                    .park_id = text_in(item, "park_id"),
                                                    .removed_us = integer_in(item, "removed_us")};
                           });
                       });
}

template <typename Record>
std::vector<Record> AccessControl::all(const std::optional<std::string>& after_id,
                                       std::span<const std::string> park_ids, std::size_t limit) const {
    boost::json::object body = feed_request(park_ids, limit);
    if (after_id) {
        body["after_id"] = *after_id;
    } else {
        body["after_id"] = nullptr;
    }
    return records_in<Record>(client_, ask("POST", internal_target(kind_of<Record>, "all"), &body));
}

template <typename Record>
std::vector<Record> AccessControl::retrieve(std::span<const std::string_view> ids) const {
    std::vector<Record> records;
    records.reserve(ids.size());
    for (std::size_t start = 0; start < ids.size(); start += records_per_request_max) {
        const auto part = ids.subspan(start, std::min(records_per_request_max, ids.size() - start));
        const boost::json::object body{{"ids", json_array_of(part)}};
        auto found = records_in<Record>(client_, ask("POST", internal_target(kind_of<Record>, "retrieve"), &body));
        std::move(found.begin(), found.end(), std::back_inserter(records));
    }
    return records;
}

template <typename Record>
std::int64_t AccessControl::count() const {
    return read_answer(client_, ask("GET", internal_target(kind_of<Record>, "count"), nullptr),
                       [](const boost::json::object& body) { return integer_in(body, "count"); });
}

template std::vector<Group> AccessControl::changes(const std::optional<ChangePosition>&, std::span<const std::string>,
                                                   std::size_t) const;
template std::vector<User> AccessControl::changes(const std::optional<ChangePosition>&, std::span<const std::string>,
                                                  std::size_t) const;
template std::vector<RemovedRecord> AccessControl::removals<Group>(const std::optional<ChangePosition>&,
                                                                   std::span<const std::string>, std::size_t) const;
template std::vector<RemovedRecord> AccessControl::removals<User>(const std::optional<ChangePosition>&,
                                                                  std::span<const std::string>, std::size_t) const;
template std::vector<Group> AccessControl::all(const std::optional<std::string>&, std::span<const std::string>,
                                               std::size_t) const;
template std::vector<User> AccessControl::all(const std::optional<std::string>&, std::span<const std::string>,
                                              std::size_t) const;
template std::vector<Group> AccessControl::retrieve(std::span<const std::string_view>) const;
template std::vector<User> AccessControl::retrieve(std::span<const std::string_view>) const;
template std::int64_t AccessControl::count<Group>() const;
template std::int64_t AccessControl::count<User>() const;

template <typename Item>
std::vector<RecordWriteOutcome> AccessControl::write(std::string_view kind, std::span<const Item> items) const {
    std::vector<RecordWriteOutcome> outcomes;
    outcomes.reserve(items.size());
    for (std::size_t start = 0; start < items.size(); start += records_per_request_max) {
        const auto part = items.subspan(start, std::min(records_per_request_max, items.size() - start));
        boost::json::array operations;
        operations.reserve(part.size());
        for (const Item& item : part) {
            operations.emplace_back(operation(item));
        }
        const boost::json::object body{{"operations", std::move(operations)}};
        const auto told = read_answer(client_, ask("POST", internal_target(kind, "write"), &body),
                                      [](const boost::json::object& answer) { return texts_in(answer, "outcomes"); });
        if (told.size() != part.size()) {
            throw platform::StoreRefused(client_.service(), 0, "it did not tell what became of each write");
        }
        std::transform(told.begin(), told.end(), std::back_inserter(outcomes), outcome_named);
    }
    return outcomes;
}

std::vector<RecordWriteOutcome> AccessControl::insert(std::span<const Group> groups) const {
    return write("groups", groups);
}

std::vector<RecordWriteOutcome> AccessControl::insert(std::span<const User> users) const {
    return write("users", users);
}

std::vector<RecordWriteOutcome> AccessControl::update(std::span<const GroupUpdate> updates) const {
    return write("groups", updates);
}

std::vector<RecordWriteOutcome> AccessControl::update(std::span<const UserUpdate> updates) const {
    return write("users", updates);
}

std::vector<LoginHolder> AccessControl::login_holders(std::span<const ParkLogin> logins) const {
    std::vector<LoginHolder> holders;
    for (std::size_t start = 0; start < logins.size(); start += records_per_request_max) {
        boost::json::array asked;
        for (const ParkLogin& one : logins.subspan(start, std::min(records_per_request_max, logins.size() - start))) {
            asked.emplace_back(boost::json::object{{"park_id", one.park_id}, {"login", one.login}});
        }
        const boost::json::object body{{"logins", std::move(asked)}};
        auto found = read_answer(client_, ask("POST", internal_target(kind_of<User>, "holders"), &body),
                                 [](const boost::json::object& answer) {
                                     return objects_in(answer, "items", [](const boost::json::object& item) {
                                         return LoginHolder{.park_id = text_in(item, "park_id"),
                                                            .login = text_in(item, "login"),
                                                            .user_id = text_in(item, "id")};
                                     });
                                 });
        std::move(found.begin(), found.end(), std::back_inserter(holders));
    }
    return holders;
}

AccessControl::Clock AccessControl::clock() const {
    return read_answer(client_, ask("GET", "/v1/internal/clock", nullptr), [](const boost::json::object& body) {
        return Clock{.now_us = integer_in(body, "now_us"), .settled_us = integer_in(body, "settled_us")};
    });
}

bool AccessControl::make_user(std::string_view park_id, std::string_view login, std::string_view display_name) const {
    constexpr int made = 201;
    static constexpr std::array there_or_made{200, made};
    const boost::json::object body{{"park_id", park_id}, {"login", login}, {"display_name", display_name}};
    return client_.ask({.method = "POST", .target = "/v1/users", .body = &body, .successes = there_or_made}).status ==
           made;
}

}  // namespace twinfleet::clients
