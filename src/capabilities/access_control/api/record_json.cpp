#include "capabilities/access_control/api/record_json.hpp"

#include <limits>
#include <type_traits>

#include "capabilities/access_control/api/directory_json.hpp"

namespace twinfleet::access_control {
namespace {

constexpr std::size_t items_max = 1'000;
// Ids of others, which need not be as ours are.
constexpr std::size_t any_id_characters_max = 1'024;
constexpr json::ObjectReader::TextLimits any_id{.bytes_min = 1, .bytes_max = 4 * any_id_characters_max};
constexpr json::ObjectReader::TextLimits any_id_or_empty{.bytes_min = 0, .bytes_max = any_id.bytes_max};

std::string checked_id(std::string id, const std::string& field) {
    if (character_count(id) > any_id_characters_max) {
        throw json::BadInput(field, "expected at most " + std::to_string(any_id_characters_max) + " characters");
    }
    return id;
}

std::vector<std::string> read_ids(json::ObjectReader& reader, std::string_view name) {
    auto ids = reader.texts(name, 1, items_max, any_id);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ids[i] = checked_id(std::move(ids[i]), reader.path_of(name) + '[' + std::to_string(i) + ']');
    }
    return ids;
}

ParkFilter read_parks(const boost::json::object& object, json::ObjectReader& reader) {
    return object.contains("park_ids") ? ParkFilter(read_ids(reader, "park_ids")) : std::nullopt;
}

std::size_t read_limit(json::ObjectReader& reader) {
    return static_cast<std::size_t>(reader.integer("limit", 1, items_max));
}

const boost::json::object& object_at(json::ObjectReader& reader, std::string_view name) {
    const auto* value = reader.any(name);
    if (value == nullptr || !value->is_object()) {
        throw json::BadInput(reader.path_of(name), "expected an object");
    }
    return value->get_object();
}

std::int64_t read_microseconds(json::ObjectReader& reader, std::string_view name) {
    return reader.integer(name, -record_time_us_max, record_time_us_max);
}

std::int64_t read_version(json::ObjectReader& reader, std::string_view name) {
    return reader.integer(name, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
}

RecordTimes read_times(json::ObjectReader& reader) {
    return {.created_us = read_microseconds(reader, "created_us"),
            .modified_us = read_microseconds(reader, "modified_us")};
}

std::optional<std::string> required_phone(const boost::json::object& object, json::ObjectReader& reader) {
    if (!object.contains("phone")) {
        throw json::BadInput("phone", "expected a phone number or null");
    }
    return read_phone(reader, "phone");
}

std::optional<GroupId> required_group_id(const boost::json::object& object, json::ObjectReader& reader) {
    if (!object.contains("group_id")) {
        throw json::BadInput("group_id", "expected an id or null");
    }
    return read_group_id(reader, "group_id");
}

void read_record(const boost::json::object& object, GroupRecord& record) {
    json::ObjectReader reader(object);
    record.group.id = GroupId(read_text(reader, "id", id_characters));
    record.group.park_id = ParkId(read_text(reader, "park_id", id_characters));
    record.group.fields.name = read_text(reader, "name", group_name_characters);
    record.group.fields.grants = read_grants(reader, "grants");
    record.group.fields.is_super = reader.boolean("is_super");
    record.group.fields.read_only = reader.boolean("read_only");
    record.is_enabled = reader.boolean("is_enabled");
    record.times = read_times(reader);
    reader.finish();
}

void read_record(const boost::json::object& object, UserRecord& record) {
    json::ObjectReader reader(object);
    record.user.id = UserId(read_text(reader, "id", id_characters));
    record.user.park_id = ParkId(read_text(reader, "park_id", id_characters));
    record.user.fields.login = read_text(reader, "login", login_characters);
    record.user.fields.display_name = read_text(reader, "display_name", display_name_characters);
    record.user.fields.phone = required_phone(object, reader);
    record.user.fields.group_id = required_group_id(object, reader);
    record.user.fields.is_enabled = reader.boolean("is_enabled");
    record.user.fields.is_superuser = reader.boolean("is_superuser");
    record.times = read_times(reader);
    reader.finish();
}

/// Reads what is there of a change.
class ChangeReader {
public:
    explicit ChangeReader(const boost::json::object& object) : object_(object), reader_(object) {}

    template <typename Value, typename Read>
    void read(std::string_view name, std::optional<Value>& target, const Read& read) {
        if (object_.contains(name)) {
            target = read(reader_, name);
        }
    }
    void read(std::string_view name, std::optional<bool>& target) {
        read(name, target, [](json::ObjectReader& reader, std::string_view field) { return reader.boolean(field); });
    }
    void read(std::string_view name, std::optional<std::string>& target, CharacterLimits limits) {
        read(name, target,
             [limits](json::ObjectReader& reader, std::string_view field) { return read_text(reader, field, limits); });
    }
    void read_park_id(std::optional<ParkId>& target) {
        read("park_id", target, [](json::ObjectReader& reader, std::string_view field) {
            return ParkId(read_text(reader, field, id_characters));
        });
    }
    void finish() const { reader_.finish(); }

private:
    const boost::json::object& object_;
    json::ObjectReader reader_;
};

void read_change(const boost::json::object& object, GroupChange& change) {
    ChangeReader reader(object);
    reader.read_park_id(change.park_id);
    reader.read("name", change.name, group_name_characters);
    reader.read("grants", change.grants, read_grants);
    reader.read("is_super", change.is_super);
    reader.read("read_only", change.read_only);
    reader.read("is_enabled", change.is_enabled);
    reader.read("created_us", change.created_us, read_microseconds);
    reader.read("modified_us", change.modified_us, read_microseconds);
    reader.finish();
}

void read_change(const boost::json::object& object, UserChange& change) {
    ChangeReader reader(object);
    reader.read_park_id(change.park_id);
    reader.read("login", change.login, login_characters);
    reader.read("display_name", change.display_name, display_name_characters);
    reader.read("phone", change.phone, read_phone);
    reader.read("group_id", change.group_id, read_group_id);
    reader.read("is_enabled", change.is_enabled);
    reader.read("is_superuser", change.is_superuser);
    reader.read("created_us", change.created_us, read_microseconds);
    reader.read("modified_us", change.modified_us, read_microseconds);
    reader.finish();
}

template <typename Operation>
Operation read_operation(const boost::json::object& object, const std::string& path) {
    using Insert = std::variant_alternative_t<0, Operation>;
    using Update = std::variant_alternative_t<1, Operation>;
    json::ObjectReader reader(object, path);
    const std::string op = reader.text("op");
    const boost::json::object& record = object_at(reader, "record");
    if (op == "insert") {
        reader.finish();
        Insert insert;
        try {
            read_record(record, insert.record);
        } catch (const json::BadInput&) {
            return UnusableRecord{};
        }
        return insert;
    }
    if (op != "update") {
        throw json::BadInput(reader.path_of("op"), "expected insert or update");
    }
    Update update{.id = checked_id(reader.text("id", any_id), reader.path_of("id")),
                  .version = read_version(reader, "version")};
    reader.finish();
    try {
        read_change(record, update.change);
    } catch (const json::BadInput&) {
        return UnusableRecord{};
    }
    return update;
}

/// Calls `read_item(object, path)` for each object of a list of 1 to items_max.
template <typename ReadItem>
void read_items(json::ObjectReader& reader, std::string_view name, const ReadItem& read_item) {
    const auto* list = reader.any(name);
    if (list == nullptr || !list->is_array() || list->get_array().empty() || list->get_array().size() > items_max) {
        throw json::BadInput(reader.path_of(name),
                             "expected 1 to " + std::to_string(items_max) + " " + std::string(name));
    }
    std::size_t place = 0;
    for (const auto& item : list->get_array()) {
        const std::string path = reader.path_of(name) + "[" + std::to_string(place++) + "]";
        if (!item.is_object()) {
            throw json::BadInput(path, "expected an object");
        }
        read_item(item.get_object(), path);
    }
}

void add_times(boost::json::object& object, const RecordTimes& times, std::int64_t updated_us) {
    object["created_us"] = times.created_us;
    object["modified_us"] = times.modified_us;
    object["updated_us"] = updated_us;
}

}  // namespace

ChangesRequest read_changes_request(std::string_view body) {
    const auto object = json::parse_object(body);
    json::ObjectReader reader(object);
    ChangesRequest request;
    const auto* after = reader.any("after");
    if (after == nullptr) {
        throw json::BadInput("after", "expected a place or null");
    }
    if (!after->is_null()) {
        json::ObjectReader place(object_at(reader, "after"), "after");
        request.after = FeedPosition{.updated_us = read_version(place, "updated_us"),
                                     .id = checked_id(place.text("id", any_id_or_empty), place.path_of("id"))};
        place.finish();
    }
    request.parks = read_parks(object, reader);
    request.limit = read_limit(reader);
    reader.finish();
    return request;
}

AllRequest read_all_request(std::string_view body) {
    const auto object = json::parse_object(body);
    json::ObjectReader reader(object);
    if (!object.contains("after_id")) {
        throw json::BadInput("after_id", "expected an id or null");
    }
    AllRequest request{.after_id = reader.optional_text("after_id", any_id_or_empty),
                       .parks = read_parks(object, reader),
                       .limit = read_limit(reader)};
    if (request.after_id) {
        request.after_id = checked_id(*std::move(request.after_id), "after_id");
    }
    reader.finish();
    return request;
}

std::vector<std::string> read_retrieve_request(std::string_view body) {
    return json::read_object(body, [](json::ObjectReader& reader) { return read_ids(reader, "ids"); });
}

std::vector<LoginHolder> read_holders_request(std::string_view body) {
    const auto object = json::parse_object(body);
    json::ObjectReader reader(object);
    std::vector<LoginHolder> logins;
    read_items(reader, "logins", [&](const boost::json::object& item, const std::string& path) {
        json::ObjectReader login(item, path);
        logins.push_back({.park_id = ParkId(read_text(login, "park_id", id_characters)),
                          .login = read_text(login, "login", login_characters),
                          .id = UserId(std::string())});
        login.finish();
    });
    reader.finish();
    return logins;
}

template <typename Operation>
std::vector<Operation> read_write_request(std::string_view body) {
    const auto object = json::parse_object(body);
    json::ObjectReader reader(object);
    std::vector<Operation> operations;
    read_items(reader, "operations", [&](const boost::json::object& item, const std::string& path) {
        operations.push_back(read_operation<Operation>(item, path));
    });
    reader.finish();
    return operations;
}

template std::vector<GroupOperation> read_write_request(std::string_view body);
template std::vector<UserOperation> read_write_request(std::string_view body);

boost::json::object to_json(const GroupRecord& record) {
    boost::json::object object = to_json(record.group);
    object["is_enabled"] = record.is_enabled;
    add_times(object, record.times, record.updated_us);
    return object;
}

boost::json::object to_json(const UserRecord& record) {
    boost::json::object object = to_json(record.user);
    add_times(object, record.times, record.updated_us);
    return object;
}

boost::json::object to_json(const RemovedRecord& removed) {
    return {{"id", removed.id}, {"park_id", removed.park_id.value()}, {"removed_us", removed.removed_us}};
}

boost::json::object to_json(const LoginHolder& holder) {
    return {{"park_id", holder.park_id.value()}, {"login", holder.login}, {"id", holder.id.value()}};
}

std::string_view name_of(WriteOutcome outcome) {
    switch (outcome) {
        case WriteOutcome::written:
            return "written";
        case WriteOutcome::exists:
            return "exists";
        case WriteOutcome::moved_on:
            return "moved_on";
        case WriteOutcome::login_taken:
            return "login_taken";
        case WriteOutcome::refused:
            break;
    }
    return "refused";
}

}  // namespace twinfleet::access_control
