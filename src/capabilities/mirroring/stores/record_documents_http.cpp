#include "capabilities/mirroring/stores/record_documents_http.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twinfleet::mirroring {
namespace {

constexpr std::string_view record_version_field = "updated_ts";
constexpr std::int64_t us_per_second = 1'000'000;
constexpr std::int64_t us_per_ms = 1'000;

using NullableText = std::optional<std::string>;

/// `created_us`, `modified_us` and `updated_us` of a record, which end every document of one.
template <typename Record>
bson::Document with_times(bson::Builder& builder, const Record& record) {
    return builder.date("created_date", record.created_us / us_per_ms)
        .date("modified_date", record.modified_us / us_per_ms)
        .timestamp(record_version_field, timestamp_of(record.updated_us))
        .take();
}

// What an element says, into a field of a record; false when such a field cannot hold it.

bool take(const bson::Element& element, std::string& text) {
    if (!element.is_string()) {
        return false;
    }
    text = element.string();
    return true;
}

bool take(const bson::Element& element, NullableText& text) {
    if (element.type == bson::Type::null) {
        text.reset();
        return true;
    }
    return take(element, text.emplace());
}

bool take(const bson::Element& element, bool& boolean) {
    if (element.type != bson::Type::boolean) {
        return false;
    }
    boolean = element.boolean();
    return true;
}

bool take(const bson::Element& element, std::vector<std::string>& texts) {
    if (element.type != bson::Type::array) {
        return false;
    }
    texts.clear();
    for (const bson::Element& each : element.document()) {
        if (!take(each, texts.emplace_back())) {
            return false;
        }
    }
    return true;
}

/// A date of a document is a time of a record; the only whole numbers there are times.
bool take(const bson::Element& element, std::int64_t& microseconds) {
    if (element.type != bson::Type::date) {
        return false;
    }
    constexpr std::int64_t date_ms_max = std::numeric_limits<std::int64_t>::max() / us_per_ms;
    microseconds = std::clamp(element.date_ms(), -date_ms_max, date_ms_max) * us_per_ms;
    return true;
}

/// Fields of a new record, all of which are needed but for those that may be null.
class InsertFields {
public:
    explicit InsertFields(bson::View document) : document_(document) {}

    template <typename Value>
    bool operator()(std::string_view name, Value& value) const {
        const auto element = document_.find(name);
        return element && take(*element, value);
    }
    bool operator()(std::string_view name, NullableText& text) const {
        const auto element = document_.find(name);
        return !element || take(*element, text);
    }

private:
    bson::View document_;
};

/// Fields that an update sets or takes away; the others keep no value.
class UpdateFields {
public:
    explicit UpdateFields(const ChildUpdate& update) : update_(update) {}

    template <typename Value>
    bool operator()(std::string_view name, std::optional<Value>& value) const {
        if (const auto element = update_.set.view().find(name)) {
            return take(*element, value.emplace());
        }
        return !is_taken_away(name);
    }
    bool operator()(std::string_view name, std::optional<NullableText>& text) const {
        if (const auto element = update_.set.view().find(name)) {
            return take(*element, text.emplace());
        }
        if (is_taken_away(name)) {
            text.emplace();
        }
        return true;
    }

private:
    [[nodiscard]] bool is_taken_away(std::string_view name) const {
        return std::ranges::find(update_.unset, name) != update_.unset.end();
    }

    const ChildUpdate& update_;
};

/// Each field by its name in documents: `group` is a clients::Group or clients::GroupChanges.
template <typename Fields, typename GroupFields>
bool read_group(const Fields& read, GroupFields& group) {
    return read("park_id", group.park_id) && read("name", group.name) && read("grants", group.grants) &&
           read("is_super", group.is_super) && read("read_only", group.read_only) &&
           read("is_enabled", group.is_enabled) && read("created_date", group.created_us) &&
           read("modified_date", group.modified_us);
}

template <typename Fields, typename UserFields>
bool read_user(const Fields& read, UserFields& user) {
    return read("park_id", user.park_id) && read("login", user.login) && read("display_name", user.display_name) &&
           read("phone", user.phone) && read("group_id", user.group_id) && read("is_enabled", user.is_enabled) &&
           read("is_superuser", user.is_superuser) && read("created_date", user.created_us) &&
           read("modified_date", user.modified_us);
}

template <typename Changes>
bool read_version(const ChildUpdate& child, clients::RecordUpdate<Changes>& update) {
    const bson::Document version = bson::Builder().copy(bson::Bytes(child.version.updated_ts)).take();
    const auto updated_ts = version.view().find(record_version_field);
    if (!updated_ts || updated_ts->type != bson::Type::timestamp) {
        return false;
    }
    update.id = child.id.value();
    update.version_us = microseconds(updated_ts->timestamp());
    return true;
}

}  // namespace

bson::Timestamp timestamp_of(std::int64_t microseconds) {
    return {.seconds = static_cast<std::uint32_t>(microseconds / us_per_second),
            .increment = static_cast<std::uint32_t>(microseconds % us_per_second)};
}

std::int64_t microseconds(bson::Timestamp version) {
    return std::int64_t{version.seconds} * us_per_second + version.increment;
}

bson::Document document_of(const clients::Group& group) {
    bson::Builder builder;
    builder.string("_id", group.id)
        .string("park_id", group.park_id)
        .string("name", group.name)
        .array("grants", bson::string_array({group.grants.begin(), group.grants.end()}))
        .boolean("is_super", group.is_super)
        .boolean("read_only", group.read_only)
        .boolean("is_enabled", group.is_enabled);
    return with_times(builder, group);
}

bson::Document document_of(const clients::User& user) {
    bson::Builder builder;
    builder.string("_id", user.id)
        .string("park_id", user.park_id)
        .string("login", user.login)
        .string("display_name", user.display_name);
    if (user.phone) {
        builder.string("phone", *user.phone);
    }
    if (user.group_id) {
        builder.string("group_id", *user.group_id);
    }
    builder.boolean("is_enabled", user.is_enabled).boolean("is_superuser", user.is_superuser);
    return with_times(builder, user);
}

bool read_record(const ChildInsert& child, clients::Group& group) {
    group.id = child.id.value();
    return read_group(InsertFields(child.document.view()), group);
}

bool read_record(const ChildInsert& child, clients::User& user) {
    user.id = child.id.value();
    return read_user(InsertFields(child.document.view()), user);
}

bool read_update(const ChildUpdate& child, clients::GroupUpdate& update) {
    return read_version(child, update) && read_group(UpdateFields(child), update.changes);
}

bool read_update(const ChildUpdate& child, clients::UserUpdate& update) {
    return read_version(child, update) && read_user(UpdateFields(child), update.changes);
}

}  // namespace twinfleet::mirroring
