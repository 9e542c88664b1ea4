#include "capabilities/mirroring/stores/entity_reader_mongo.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "capabilities/mirroring/stores/document_fields.hpp"
#include "capabilities/mirroring/stores/stand_in_mongo.hpp"
#include "platform/bson/builder.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using bson::Builder;
using bson::Document;
using bson::Element;
using bson::Type;
using bson::View;
using platform::StoreRefused;
using platform::StoreUnavailable;

Document in_filter(std::string_view field, const std::vector<std::string_view>& values) {
    return Builder().begin_document(field).array("$in", bson::string_array(values)).end().take();
}

/// The value that a text stands for in Extended JSON; nothing when it does not look like any that is no plain string.
std::optional<Document> parsed_id(const std::string& text) {
    const bool looks_like_json =
        text.starts_with('{') || text.starts_with('"') || text == "null" || text == "true" || text == "false";
    if (!looks_like_json) {
        return std::nullopt;
    }
    try {
        Document parsed = bson::from_json("{\"_id\":" + text + "}");
        // Malformed text could smuggle further fields in.
        const auto element = parsed.view().find(id_field);
        if (element && element->whole.size() + 5 == parsed.size_bytes()) {
            return parsed;
        }
    } catch (const std::invalid_argument&) {  // a string after all
    }
    return std::nullopt;
}

/// May stand in the list of $in, where documents and regular expressions mean something else.
bool is_plain_value(Type type) {
    switch (type) {
        case Type::double_:
        case Type::utf8:
        case Type::binary:
        case Type::object_id:
        case Type::boolean:
        case Type::date:
        case Type::null:
        case Type::int32:
        case Type::timestamp:
        case Type::int64:
        case Type::decimal128:
            return true;
        default:
            return false;
    }
}

/// The answers to one query after the other, cut into batches.
class QueryStream final : public DocumentStream {
public:
    struct Query {
        Document filter;
        Document sort;
    };

    QueryStream(mongo::Collection collection, std::vector<Query> queries, const BatchLimits& limits,
                std::size_t attempts_max, std::atomic<bool>& answers_are_small)
        : collection_(std::move(collection)),
          queries_(std::move(queries)),
          limits_(limits),
          attempts_max_(attempts_max),
          answers_are_small_(answers_are_small) {}

    bool next(DocumentBatch& batch) override {
        batch.clear();
        batch.reserve(limits_.documents_max, expected_bytes_);
        if (pending_) {
            batch.add(*pending_);
            pending_.reset();
        }
        while (batch.empty() || (batch.size() < limits_.documents_max && batch.size_bytes() < limits_.bytes_max)) {
            const auto document = next_document();
            if (!document) {
                break;
            }
            if (!batch.empty() && batch.size_bytes() + document->size_bytes() > limits_.bytes_max) {
                pending_.emplace(*document);
                break;
            }
            batch.add(*document);
        }
        // Batches of one collection are much alike.
        expected_bytes_ = batch.size_bytes() + batch.size_bytes() / 8;
        return !batch.empty();
    }

private:
    std::optional<View> next_document() {
        while (query_ < queries_.size()) {
            const auto document = next_of_query();
            if (document) {
                has_answered_ = true;
                return document;
            }
            cursor_.reset();
            has_answered_ = false;
            ++query_;
        }
        return std::nullopt;
    }

    std::optional<View> next_of_query() {
        for (std::size_t attempt = 1;; ++attempt) {
            try {
                if (!cursor_) {
                    cursor_.emplace(collection_.find(queries_[query_].filter, find_options()));
                }
                return cursor_->next();
            } catch (const StoreUnavailable&) {
                if (has_answered_ || attempt >= attempts_max_) {
                    throw;
                }
            } catch (const StoreRefused& refusal) {
                if (!stand_in::was_too_large(refusal) || answers_are_small_) {
                    throw;
                }
                answers_are_small_ = true;
                if (has_answered_) {
                    throw StoreUnavailable(refusal.store(), "an answer was too large; smaller ones will be asked for");
                }
            }
            cursor_.reset();
        }
    }

    [[nodiscard]] mongo::FindOptions find_options() const {
        mongo::FindOptions options;
        options.sort = queries_[query_].sort;
        options.batch_size_max = static_cast<std::uint32_t>(std::clamp<std::size_t>(limits_.documents_max, 1, 10'000));
        options.batch_bytes_target = limits_.bytes_max;
        if (answers_are_small_) {
            stand_in::ask_one_by_one(options);
        }
        return options;
    }

    const mongo::Collection collection_;
    const std::vector<Query> queries_;
    const BatchLimits limits_;
    const std::size_t attempts_max_;
    std::atomic<bool>& answers_are_small_;
    std::size_t query_ = 0;
    std::size_t expected_bytes_ = 0;
    std::optional<mongo::Cursor> cursor_;
    /// The current query has given a document: beginning it anew would give it again.
    bool has_answered_ = false;
    /// Read already, and the first of the next batch.
    std::optional<Document> pending_;
};

void append_scope(Builder& filter, std::string_view park_field, const Scope& scope) {
    if (scope.everything()) {
        return;
    }
    if (scope.is_without_park) {
        // The first four are sets of ranges of the index; that it is no string would not be one. Nor would be that it
        // is an array: an index holds the elements of an array, each by its own type, so a MongoDB that is asked for
        // arrays walks through the whole index and fetches every document. Asked for the type of an element it finds
        // the array in that type's range, and an empty array has a key of its own. So what is left out are arrays of
        // nothing but texts, which are in the parks that they name, and of nothing but arrays.
        // (Code, and types that MongoDB has given up, are not among the types: see stand_in_mongo.hpp.)
        const std::vector<std::string_view> types{"double",  "object", "binData", "objectId",  "bool",
                                                  "date",    "regex",  "int",     "timestamp", "long",
                                                  "decimal", "minKey", "maxKey"};
        filter.begin_array("$or");
        filter.begin_document("0").null(park_field).end();
        filter.begin_document("1").begin_document(park_field).array("$type", bson::string_array(types)).end().end();
        filter.begin_document("2").string(park_field, "").end();
        filter.begin_document("3").begin_array(park_field).end().end();
        // Looks at every key of the index, but at no document, unless there is an array among the values.
        filter.begin_document("4").begin_document(park_field).string("$regex", R"(\x00|^[\s\S]{1025})").end().end();
        filter.end();
        return;
    }
    std::vector<std::string_view> parks;
    parks.reserve(scope.parks.size());
    for (const auto& park : scope.parks) {
        parks.push_back(park.value());
    }
    filter.begin_document(park_field).array("$in", bson::string_array(parks)).end();
}

}  // namespace

EntityReaderMongo::EntityReaderMongo(mongo::Collection collection, std::string park_field, const Settings& settings)
    : collection_(std::move(collection)), park_field_(std::move(park_field)), settings_(settings) {}

std::unique_ptr<DocumentStream> EntityReaderMongo::changed_since(const bson::ChangePosition& from, const Scope& scope,
                                                                 const BatchLimits& limits) {
    // A comparison never crosses the types, so the least value of a type is a bound that all of its values meet.
    Builder timestamps;
    timestamps.begin_document(version_field);
    if (from.timestamp) {
        timestamps.timestamp("$gt", *from.timestamp);
    } else {
        timestamps.timestamp("$gte", bson::Timestamp{});
    }
    timestamps.end();
    append_scope(timestamps, park_field_, scope);

    Builder dates;
    dates.begin_document(version_field);
    if (from.date_ms) {
        dates.date("$gt", *from.date_ms);
    } else {
        dates.date("$gte", std::numeric_limits<std::int64_t>::min());
    }
    dates.end();
    append_scope(dates, park_field_, scope);

    const Document oldest_first = projection_of(version_field, id_field);
    std::vector<QueryStream::Query> queries;
    queries.push_back({.filter = timestamps.take(), .sort = oldest_first});
    queries.push_back({.filter = dates.take(), .sort = oldest_first});
    return std::make_unique<QueryStream>(collection_, std::move(queries), limits, settings_.attempts_max,
                                         answers_are_small_);
}

std::unique_ptr<DocumentStream> EntityReaderMongo::all(const Scope& scope, const BatchLimits& limits) {
    Builder filter;
    append_scope(filter, park_field_, scope);
    std::vector<QueryStream::Query> queries;
    queries.push_back({.filter = filter.take(), .sort = {}});
    return std::make_unique<QueryStream>(collection_, std::move(queries), limits, settings_.attempts_max,
                                         answers_are_small_);
}

std::unique_ptr<DocumentStream> EntityReaderMongo::with_empty_time(const BatchLimits& limits) {
    std::vector<QueryStream::Query> queries;
    queries.push_back({.filter = Builder().timestamp(version_field, {}).take(), .sort = {}});
    return std::make_unique<QueryStream>(collection_, std::move(queries), limits, settings_.attempts_max,
                                         answers_are_small_);
}

void EntityReaderMongo::read(View filter, mongo::FindOptions options, const TakeDocument& take) const {
    for (std::size_t attempt = 1;; ++attempt) {
        bool has_answered = false;
        try {
            auto cursor = collection_.find(filter, options);
            while (const auto document = cursor.next()) {
                has_answered = true;
                take(*document);
            }
            return;
        } catch (const StoreUnavailable&) {
            if (has_answered || attempt >= settings_.attempts_max) {
                throw;
            }
        } catch (const StoreRefused& refusal) {
            if (has_answered || !stand_in::was_too_large(refusal) || options.batch_size_max == 1) {
                throw;
            }
            stand_in::ask_one_by_one(options);
        }
    }
}

void EntityReaderMongo::read_by_strings(std::string_view field, std::span<const std::string> values,
                                        const mongo::FindOptions& options, const TakeDocument& take) const {
    // A value that came twice would be answered twice where it falls into two queries.
    std::vector<std::string_view> distinct(values.begin(), values.end());
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (std::size_t start = 0; start < distinct.size(); start += settings_.ids_per_query) {
        const auto chunk =
            std::span(distinct).subspan(start, std::min(settings_.ids_per_query, distinct.size() - start));
        mongo::FindOptions chunk_options = options;
        chunk_options.from_primary = true;
        chunk_options.batch_size = static_cast<std::uint32_t>(chunk.size());
        chunk_options.batch_size_max = chunk_options.batch_size;
        read(in_filter(field, {chunk.begin(), chunk.end()}), chunk_options, take);
    }
}

DocumentBatch EntityReaderMongo::fetch(std::span<const std::string> ids) const {
    DocumentBatch batch;
    read_by_strings(id_field, ids, {}, [&](View document) { batch.add(document); });
    return batch;
}

DocumentBatch EntityReaderMongo::fetch_quarantined(std::span<const std::string> ids) const {
    DocumentBatch batch;
    // Two texts can stand for one number.
    std::unordered_set<std::string> seen;
    mongo::FindOptions options;
    options.from_primary = true;
    const TakeDocument take = [&](View document) {
        const auto id = document.find(id_field);
        if (id && seen.emplace(id->whole.begin(), id->whole.end()).second) {
            batch.add(document);
        }
    };
    // A string may look like Extended JSON, so every text is also looked for as it stands.
    read_by_strings(id_field, ids, options, take);
    std::vector<Document> plain;
    for (const std::string& id : ids) {
        if (auto parsed = parsed_id(id)) {
            const Element value = *parsed->view().begin();
            if (is_plain_value(value.type)) {
                plain.push_back(std::move(*parsed));
            } else {
                read(Builder().begin_document(id_field).copy_as("$eq", value).end().take(), options, take);
            }
        }
    }
    for (std::size_t start = 0; start < plain.size(); start += settings_.ids_per_query) {
        const std::size_t end = std::min(start + settings_.ids_per_query, plain.size());
        Builder filter;
        filter.begin_document(id_field).begin_array("$in");
        for (std::size_t i = start; i < end; ++i) {
            filter.copy_as(std::to_string(i - start), *plain[i].view().begin());
        }
        filter.end().end();
        read(filter.take(), options, take);
    }
    return batch;
}

std::vector<EntityStore::Presence> EntityReaderMongo::presence(std::span<const std::string> ids) const {
    std::vector<EntityStore::Presence> present;
    mongo::FindOptions options;
    options.projection = projection_of(id_field, park_field_);
    read_by_strings(id_field, ids, options, [&](View document) {
        const auto park = document.find(park_field_);
        present.push_back({.id = id_text(document),
                           .park_id = park && park->is_string() ? std::string(park->string()) : std::string()});
    });
    return present;
}

DocumentBatch EntityReaderMongo::fetch_all_there_is(std::span<const std::string> ids) const {
    DocumentBatch batch;
    mongo::FindOptions options;
    options.is_uncommitted = true;
    read_by_strings(id_field, ids, options, [&](View document) { batch.add(document); });
    return batch;
}

std::vector<EntityStore::LoginOwner> EntityReaderMongo::logins_in_use(std::span<const std::string> logins) const {
    return find_logins(logins, {});
}

std::vector<EntityStore::LoginOwner> EntityReaderMongo::logins_there_are(std::span<const std::string> logins) const {
    mongo::FindOptions options;
    options.is_uncommitted = true;
    return find_logins(logins, std::move(options));
}

std::vector<EntityStore::LoginOwner> EntityReaderMongo::find_logins(std::span<const std::string> logins,
                                                                    mongo::FindOptions options) const {
    std::vector<EntityStore::LoginOwner> owners;
    options.projection = projection_of(id_field, login_field);
    read_by_strings(login_field, logins, options, [&](View document) {
        // An array that holds the login would answer to it, too.
        const auto login = document.find(login_field);
        if (login && login->is_string()) {
            owners.push_back({.login = std::string(login->string()), .id = id_text(document)});
        }
    });
    return owners;
}

std::unordered_map<std::string, bson::ChangeTime> EntityReaderMongo::versions(std::span<const std::string> ids,
                                                                              Visibility visibility) const {
    std::unordered_map<std::string, bson::ChangeTime> found;
    mongo::FindOptions options;
    options.is_uncommitted = visibility == Visibility::all;
    options.projection = projection_of(id_field, version_field);
    read_by_strings(id_field, ids, options,
                    [&](View document) { found.emplace(id_text(document), bson::ChangeTime::of(document)); });
    return found;
}

}  // namespace twinfleet::mirroring
