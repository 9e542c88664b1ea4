#include "capabilities/mirroring/stores/entity_store_access_control_http.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {

namespace json = boost::json;

/// One field of a record, and its name in the document.
struct EntityStoreAccessControl::Field {
    enum class Type : std::uint8_t {
        text,
        nullable_text,  ///< null there, no field here
        boolean,
        texts,
        time,  ///< microseconds there, a Date here
    };
    std::string_view in_record;
    std::string_view in_document;
    Type type;
};

namespace {

using Field = EntityStoreAccessControl::Field;
using platform::StoreRefused;
using platform::StoreUnavailable;

constexpr std::string_view service = "access-control";
constexpr std::string_view version_key = "updated_ts";
constexpr std::int64_t us_per_second = 1'000'000;
constexpr std::int64_t us_per_ms = 1'000;
/// Behind every other text: the greatest code point.
constexpr std::string_view behind_all_ids = "\U0010FFFF";

constexpr Field same(std::string_view name, Field::Type type) {
    return {.in_record = name, .in_document = name, .type = type};
}

constexpr Field created{.in_record = "created_us", .in_document = "created_date", .type = Field::Type::time};
constexpr Field modified{.in_record = "modified_us", .in_document = "modified_date", .type = Field::Type::time};

constexpr std::array group_fields{
    same("park_id", Field::Type::text),
    same("name", Field::Type::text),
    same("grants", Field::Type::texts),
    same("is_super", Field::Type::boolean),
    same("read_only", Field::Type::boolean),
    same("is_enabled", Field::Type::boolean),
    created,
    modified,
};
constexpr std::array user_fields{
    same("park_id", Field::Type::text),
    same("login", Field::Type::text),
    same("display_name", Field::Type::text),
    same("phone", Field::Type::nullable_text),
    same("group_id", Field::Type::nullable_text),
    same("is_enabled", Field::Type::boolean),
    same("is_superuser", Field::Type::boolean),
    created,
    modified,
};

std::span<const Field> fields_of(const Entity& entity) {
    if (entity.name == "groups") {
        return group_fields;
    }
    return user_fields;
}

std::int64_t microseconds(bson::Timestamp version) {
    return std::int64_t{version.seconds} * us_per_second + version.increment;
}

bson::Timestamp timestamp(std::int64_t microseconds) {
    return {.seconds = static_cast<std::uint32_t>(microseconds / us_per_second),
            .increment = static_cast<std::uint32_t>(microseconds % us_per_second)};
}

std::string_view text(const json::value& value) {
    return {value.as_string().data(), value.as_string().size()};
}

/// Boost.JSON throws where the service did not keep its word.
bson::Document document_of(const json::object& record, std::span<const Field> fields) {
    bson::Builder builder;
    builder.string("_id", text(record.at("id")));
    for (const Field& field : fields) {
        const json::value& value = record.at(field.in_record);
        switch (field.type) {
            case Field::Type::nullable_text:
                if (value.is_null()) {
                    break;
                }
                [[fallthrough]];
            case Field::Type::text:
                builder.string(field.in_document, text(value));
                break;
            case Field::Type::boolean:
                builder.boolean(field.in_document, value.as_bool());
                break;
            case Field::Type::texts: {
                std::vector<std::string_view> texts;
                for (const json::value& each : value.as_array()) {
                    texts.push_back(text(each));
                }
                builder.array(field.in_document, bson::string_array(texts));
                break;
            }
            case Field::Type::time:
                builder.date(field.in_document, value.to_number<std::int64_t>() / us_per_ms);
                break;
        }
    }
    return builder.timestamp(version_key, timestamp(record.at("updated_us").to_number<std::int64_t>())).take();
}

/// nullopt for a value that such a field cannot hold.
std::optional<json::value> value_of(const bson::Element& element, Field::Type type) {
    switch (type) {
        case Field::Type::text:
        case Field::Type::nullable_text:
            if (element.is_string()) {
                return json::value(json::string(element.string()));
            }
            if (type == Field::Type::nullable_text && element.type == bson::Type::null) {
                return json::value(nullptr);
            }
            return std::nullopt;
        case Field::Type::boolean:
            return element.type == bson::Type::boolean ? std::optional<json::value>(element.boolean()) : std::nullopt;
        case Field::Type::texts: {
            if (element.type != bson::Type::array) {
                return std::nullopt;
            }
            json::array texts;
            for (const bson::Element& each : element.document()) {
                if (!each.is_string()) {
                    return std::nullopt;
                }
                texts.emplace_back(json::string(each.string()));
            }
            return json::value(std::move(texts));
        }
        case Field::Type::time:
            return element.type == bson::Type::date ? std::optional<json::value>(element.date_ms() * us_per_ms)
                                                    : std::nullopt;
    }
    return std::nullopt;
}

WriteOutcome outcome_of(std::string_view text) {
    if (text == "written") {
        return WriteOutcome::written;
    }
    if (text == "exists") {
        return WriteOutcome::exists;
    }
    if (text == "moved_on") {
        return WriteOutcome::moved_on;
    }
    return text == "login_taken" ? WriteOutcome::login_taken : WriteOutcome::refused;
}

template <typename Ids>
json::array array_of(const Ids& ids) {
    json::array array;
    array.reserve(ids.size());
    for (const auto& id : ids) {
        array.emplace_back(json::string(std::string_view(id)));
    }
    return array;
}

/// The parks of a scope, in requests of so many; one empty part for all parks.
std::vector<json::array> parts_of(const Scope& scope, std::size_t parks_per_request) {
    std::vector<json::array> parts(1);
    for (const auto& park : scope.parks) {
        if (parts.back().size() == parks_per_request) {
            parts.emplace_back();
        }
        parts.back().emplace_back(json::string(park.value()));
    }
    return parts;
}

}  // namespace

/// Pages of one endpoint, for one part of the scope after the other.
class EntityStoreAccessControl::Stream final : public DocumentStream {
public:
    /// `position` is the field that says where a page begins, `first` its first value, and `next` makes it of the last
    /// record of a page.
    struct Order {
        std::string_view action;
        std::string_view position;
        json::value first;
        json::value (*next)(const json::object& last);
    };

    Stream(const EntityStoreAccessControl& store, Order order, const Scope& scope, const BatchLimits& limits)
        : store_(store),
          order_(std::move(order)),
          position_(order_.first),
          parts_(parts_of(scope, store.settings_.records_per_request)),
          page_size_(std::clamp<std::size_t>(limits.documents_max, 1, store.settings_.records_per_request)) {}

    bool next(DocumentBatch& batch) override {
        batch.clear();
        while (batch.empty() && part_ < parts_.size()) {
            json::object body{{order_.position, position_}, {"limit", page_size_}};
            if (!parts_[part_].empty()) {
                body["park_ids"] = parts_[part_];
            }
            const json::object answer = store_.call("POST", order_.action, &body);
            const json::array& items = answer.at("items").as_array();
            for (const json::value& item : items) {
                batch.add(document_of(item.as_object(), store_.fields_));
            }
            if (items.size() < page_size_) {
                ++part_;
                position_ = order_.first;
            } else {
                position_ = order_.next(items.back().as_object());
            }
        }
        return !batch.empty();
    }

private:
    const EntityStoreAccessControl& store_;
    const Order order_;
    json::value position_;
    const std::vector<json::array> parts_;
    const std::size_t page_size_;
    std::size_t part_ = 0;
};

EntityStoreAccessControl::EntityStoreAccessControl(const http::Client& client, const Entity& entity,
                                                   const Settings& settings)
    : client_(client),
      path_("/v1/internal/" + std::string(entity.name) + "/"),
      fields_(fields_of(entity)),
      settings_(settings) {}

json::object EntityStoreAccessControl::call(std::string_view method, std::string_view action,
                                            const json::object* body) const {
    constexpr int ok = 200;
    constexpr int first_failure_of_the_service = 500;
    constexpr int too_many_requests = 429;
    const std::string target = action.starts_with('/') ? std::string(action) : path_ + std::string(action);
    const http::Response answer = body == nullptr ? client_.request(method, target)
                                                  : client_.request(method, target, json::serialize(*body),
                                                                    {{"Content-Type", "application/json"}});
    if (answer.status >= first_failure_of_the_service || answer.status == too_many_requests) {
        throw StoreUnavailable(std::string(service), "it answered with status " + std::to_string(answer.status));
    }
    if (answer.status != ok) {
        // 401 and 403: its tokens are not those of this service. Anything else is a misunderstanding of the two
        // programs.
        throw StoreRefused(std::string(service), answer.status,
                           "it refused " + target + " with status " + std::to_string(answer.status));
    }
    boost::system::error_code error;
    json::value parsed = json::parse(answer.body, error);
    if (error || !parsed.is_object()) {
        throw StoreRefused(std::string(service), answer.status, "its answer to " + target + " is no JSON object");
    }
    return std::move(parsed.as_object());
}

std::unique_ptr<DocumentStream> EntityStoreAccessControl::changed_since(const bson::ChangePosition& from,
                                                                        const Scope& scope, const BatchLimits& limits) {
    json::value first = nullptr;
    if (from.timestamp) {
        first = json::object{{"updated_us", microseconds(*from.timestamp)}, {"id", behind_all_ids}};
    }
    return std::make_unique<Stream>(
        *this,
        Stream::Order{.action = "changes",
                      .position = "after",
                      .first = std::move(first),
                      .next = [](const json::object& last) -> json::value {
                          return json::object{{"updated_us", last.at("updated_us")}, {"id", last.at("id")}};
                      }},
        scope, limits);
}

std::unique_ptr<DocumentStream> EntityStoreAccessControl::all(const Scope& scope, const BatchLimits& limits) {
    return std::make_unique<Stream>(
        *this,
        Stream::Order{.action = "all",
                      .position = "after_id",
                      .first = nullptr,
                      .next = [](const json::object& last) -> json::value { return last.at("id"); }},
        scope, limits);
}

DocumentBatch EntityStoreAccessControl::fetch(std::span<const std::string> ids) {
    DocumentBatch batch;
    std::vector<std::string_view> distinct(ids.begin(), ids.end());
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (std::size_t start = 0; start < distinct.size(); start += settings_.records_per_request) {
        const auto part =
            std::span(distinct).subspan(start, std::min(settings_.records_per_request, distinct.size() - start));
        const json::object body{{"ids", array_of(part)}};
        const json::object answer = call("POST", "retrieve", &body);
        for (const json::value& item : answer.at("items").as_array()) {
            batch.add(document_of(item.as_object(), fields_));
        }
    }
    return batch;
}

DocumentBatch EntityStoreAccessControl::fetch_quarantined(std::span<const std::string> ids) {
    // Here every id is a string.
    return fetch(ids);
}

std::vector<EntityStore::Presence> EntityStoreAccessControl::presence(std::span<const std::string> ids) {
    const DocumentBatch found = fetch(ids);
    std::vector<Presence> present;
    present.reserve(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        present.push_back({.id = std::string(found[i].find("_id")->string()),
                           .park_id = std::string(found[i].find("park_id")->string())});
    }
    return present;
}

std::vector<WriteOutcome> EntityStoreAccessControl::write(const std::vector<json::object>& operations) const {
    std::vector<WriteOutcome> outcomes;
    outcomes.reserve(operations.size());
    for (std::size_t start = 0; start < operations.size(); start += settings_.records_per_request) {
        const std::size_t end = std::min(start + settings_.records_per_request, operations.size());
        json::array part(operations.begin() + static_cast<std::ptrdiff_t>(start),
                         operations.begin() + static_cast<std::ptrdiff_t>(end));
        const json::object body{{"operations", std::move(part)}};
        const json::object answer = call("POST", "write", &body);
        for (const json::value& outcome : answer.at("outcomes").as_array()) {
            outcomes.push_back(outcome_of(text(outcome)));
        }
        if (outcomes.size() != end) {
            throw StoreRefused(std::string(service), 0, "it did not tell what became of each write");
        }
    }
    return outcomes;
}

std::vector<WriteOutcome> EntityStoreAccessControl::insert(std::span<const ChildInsert> children) {
    std::vector<WriteOutcome> outcomes(children.size(), WriteOutcome::refused);
    std::vector<json::object> operations;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < children.size(); ++i) {
        const bson::View document = children[i].document;
        json::object record{{"id", children[i].id.value()}};
        bool is_writable = true;
        for (const Field& field : fields_) {
            const auto element = document.find(field.in_document);
            auto value = element ? value_of(*element, field.type) : std::nullopt;
            if (!element && field.type == Field::Type::nullable_text) {
                value = json::value(nullptr);
            }
            is_writable = is_writable && value.has_value();
            if (value) {
                record[field.in_record] = std::move(*value);
            }
        }
        if (is_writable) {
            operations.push_back({{"op", "insert"}, {"record", std::move(record)}});
            places.push_back(i);
        }
    }
    const auto told = write(operations);
    for (std::size_t k = 0; k < places.size(); ++k) {
        outcomes[places[k]] = told[k];
    }
    return outcomes;
}

std::vector<WriteOutcome> EntityStoreAccessControl::update(std::span<const ChildUpdate> updates) {
    std::vector<WriteOutcome> outcomes(updates.size(), WriteOutcome::refused);
    std::vector<json::object> operations;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < updates.size(); ++i) {
        const ChildUpdate& update = updates[i];
        json::object record;
        bool is_writable = true;
        for (const Field& field : fields_) {
            if (const auto element = update.set.view().find(field.in_document)) {
                auto value = value_of(*element, field.type);
                is_writable = is_writable && value.has_value();
                if (value) {
                    record[field.in_record] = std::move(*value);
                }
            } else if (std::ranges::find(update.unset, field.in_document) != update.unset.end()) {
                is_writable = is_writable && field.type == Field::Type::nullable_text;
                record[field.in_record] = nullptr;
            }
        }
        const bson::Document version = bson::Builder().copy(bson::Bytes(update.version.updated_ts)).take();
        const auto updated_ts = version.view().find(version_key);
        is_writable = is_writable && updated_ts && updated_ts->type == bson::Type::timestamp;
        if (is_writable) {
            operations.push_back({{"op", "update"},
                                  {"id", update.id.value()},
                                  {"version", microseconds(updated_ts->timestamp())},
                                  {"record", std::move(record)}});
            places.push_back(i);
        }
    }
    const auto told = write(operations);
    for (std::size_t k = 0; k < places.size(); ++k) {
        outcomes[places[k]] = told[k];
    }
    return outcomes;
}

std::vector<EntityStore::LoginOwner> EntityStoreAccessControl::logins_in_use(std::span<const std::string> /*logins*/) {
    return {};
}

std::int64_t EntityStoreAccessControl::server_time_ms() {
    return call("GET", "/v1/internal/clock", nullptr).at("now_us").to_number<std::int64_t>() / us_per_ms;
}

std::int64_t EntityStoreAccessControl::estimated_count() {
    return call("GET", "count", nullptr).at("count").to_number<std::int64_t>();
}

}  // namespace twinfleet::mirroring
