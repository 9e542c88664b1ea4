#include "capabilities/mirroring/stores/entity_store_mongo.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "capabilities/mirroring/planner/plan.hpp"
#include "capabilities/mirroring/stores/write_isolation_mongo.hpp"
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

constexpr std::string_view id_field = "_id";
constexpr std::string_view version_field = "updated_ts";
constexpr std::string_view login_field = "login";

/// Type byte, name with its NUL, and the value.
constexpr std::size_t version_field_bytes = 1 + version_field.size() + 1 + sizeof(std::uint64_t);

Document in_filter(std::string_view field, const std::vector<std::string_view>& values) {
    return Builder().begin_document(field).array("$in", bson::string_array(values)).end().take();
}

Document projection_of(std::string_view first, std::string_view second) {
    Builder builder;
    builder.int32(first, 1);
    if (second != first) {
        builder.int32(second, 1);
    }
    return builder.take();
}

/// The document with `updated_ts` behind its other fields; good until the next one, which uses the same memory.
class Versioned {
public:
    View operator()(View document, bson::Timestamp version) {
        constexpr std::size_t length_bytes = 4;
        builder_.clear();
        builder_.copy(document.bytes().subspan(length_bytes, document.size_bytes() - length_bytes - 1));
        return builder_.timestamp(version_field, version).finish();
    }

private:
    Builder builder_;
};

/// {_id, updated_ts}: with both named outright, the unique index of just these two serves it on the embedded server,
/// too.
Document guarded_filter(const domain::ChildId& id, const ChildVersion& version) {
    Builder builder;
    builder.string(id_field, id.value());
    if (version.updated_ts.empty()) {
        // Absent or null.
        return builder.null(version_field).take();
    }
    const Document field = Builder().copy(bson::Bytes(version.updated_ts)).take();
    const Element element = *field.view().begin();
    if (element.type == Type::timestamp || element.type == Type::date) {
        builder.copy(element);
    } else {
        // Elsewhere a regular expression, or a document, would be a condition.
        builder.begin_document(version_field).copy_as("$eq", element).end();
    }
    return builder.take();
}

Document set_current_version() {
    return Builder()
        .begin_document("$currentDate")
        .begin_document(version_field)
        .string("$type", "timestamp")
        .end()
        .end()
        .take();
}

Document operators_of(const ChildUpdate& update) {
    Builder builder;
    if (!update.set.view().empty()) {
        builder.document("$set", update.set);
    }
    if (!update.unset.empty()) {
        builder.begin_document("$unset");
        for (const std::string& field : update.unset) {
            builder.string(field, "");
        }
        builder.end();
    }
    const Document version = set_current_version();
    return builder.copy(*version.view().begin()).take();
}

bool is_at_version(View child, const ChildVersion& version) {
    const auto field = child.find(version_field);
    return field ? std::ranges::equal(field->whole, version.updated_ts) : version.updated_ts.empty();
}

/// The order of fields does not count: a server may keep those it knows where they were.
bool has_content(View child, View wanted) {
    std::size_t fields = 0;
    for (const Element& element : child) {
        if (element.key != version_field) {
            ++fields;
        }
    }
    std::size_t wanted_fields = 0;
    for (const Element& element : wanted) {
        ++wanted_fields;
        const auto found = child.find(element.key);
        if (!found || !found->same_value(element)) {
            return false;
        }
    }
    return fields == wanted_fields;
}

bool is_number(Type type) {
    return type == Type::double_ || type == Type::int32 || type == Type::int64 || type == Type::decimal128;
}

/// For types of number other than decimal128.
double number(const Element& element) {
    if (element.type != Type::double_) {
        return static_cast<double>(element.integer().value_or(0));
    }
    double value = 0;
    std::memcpy(&value, element.value.data(), sizeof value);
    return value;
}

/// Equal to a server that knows one kind of number only, for which the order of fields does not count, and null is no
/// value. The embedded server is one: a $set of what equals the old value in this sense changes nothing.
bool are_alike(const Element& left, const Element& right) {
    if (left.same_value(right)) {
        return true;
    }
    if (is_number(left.type) && is_number(right.type)) {
        const bool has_decimal = left.type == Type::decimal128 || right.type == Type::decimal128;
        return has_decimal || number(left) == number(right);
    }
    if (left.type != right.type || (left.type != Type::document && left.type != Type::array)) {
        return false;
    }
    std::size_t fields = 0;
    for (const Element& element : left.document()) {
        const auto other = right.document().find(element.key);
        if (!other || !are_alike(element, *other)) {
            return false;
        }
        ++fields;
    }
    return fields == static_cast<std::size_t>(std::ranges::distance(right.document().begin(), right.document().end()));
}

/// A value of this type can be alike to another one without being it.
bool can_be_alike(const Element& element) {
    return is_number(element.type) || element.type == Type::document || element.type == Type::array ||
           element.type == Type::null;
}

/// How a child compares with what an update asked for.
enum class Likeness {
    same,
    alike,  ///< in the sense of are_alike
    different,
};

Likeness likeness(View child, const ChildUpdate& update) {
    if (update.replacement) {
        return has_content(child, update.replacement->view()) ? Likeness::same : Likeness::different;
    }
    if (std::ranges::any_of(update.unset, [&](const std::string& field) { return child.find(field).has_value(); })) {
        return Likeness::different;
    }
    Likeness likeness = Likeness::same;
    for (const Element& element : update.set.view()) {
        const auto found = child.find(element.key);
        if (found && found->same_value(element)) {
            continue;
        }
        if (found ? !are_alike(*found, element) : element.type != Type::null) {
            return Likeness::different;
        }
        likeness = Likeness::alike;
    }
    return likeness;
}

/// The child with the values that were asked for, guarded by the version that it has now.
ChildUpdate whole_update(View child, const ChildUpdate& update) {
    ChildUpdate whole{.id = update.id, .version = {}, .set = {}, .unset = {}, .replacement = {}};
    Builder builder;
    for (const Element& element : child) {
        if (element.key == version_field) {
            whole.version.updated_ts.assign(element.whole.begin(), element.whole.end());
        } else if (!update.set.view().find(element.key)) {
            builder.copy(element);
        }
    }
    for (const Element& element : update.set.view()) {
        builder.copy(element);
    }
    whole.replacement = builder.take();
    return whole;
}

void throw_if_it_concerns_whole_store(const mongo::WriteError& error) {
    if (concerns_whole_store(error.code)) {
        throw StoreRefused("MongoDB", error.code, error.message);
    }
}

/// As mirroring writes ids: a string as it is, anything else in Extended JSON.
std::string id_text(View document) {
    const auto id = document.find(id_field);
    if (!id) {
        return {};
    }
    return id->is_string() ? std::string(id->string()) : bson::to_extended_json(*id);
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

/// The client took the answer for no message at all: it was longer than the 48,000,000 bytes that the server had
/// promised to keep to (maxMessageSizeBytes). A MongoDB ends an answer at 16 MiB; the embedded server packs as many
/// documents as were asked for.
bool was_too_large(const StoreRefused& refusal) {
    constexpr int mongoc_error_protocol_invalid_reply = 14;
    return refusal.code() == mongoc_error_protocol_invalid_reply;
}

void ask_one_by_one(mongo::FindOptions& options) {
    options.batch_size = 1;
    options.batch_size_max = 1;
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
                if (!was_too_large(refusal) || answers_are_small_) {
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
            ask_one_by_one(options);
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
        // The first three are sets of ranges of the index; that it is no string would not be one.
        // (Code, and types that MongoDB has given up, are not among them: the embedded server does not know them.)
        const std::vector<std::string_view> types{"double", "object",  "array",  "binData", "objectId",
                                                  "bool",   "date",    "regex",  "int",     "timestamp",
                                                  "long",   "decimal", "minKey", "maxKey"};
        filter.begin_array("$or");
        filter.begin_document("0").null(park_field).end();
        filter.begin_document("1").begin_document(park_field).array("$type", bson::string_array(types)).end().end();
        filter.begin_document("2").string(park_field, "").end();
        // Looks at every key of the index, but at no document.
        filter.begin_document("3").begin_document(park_field).string("$regex", R"(\x00|^[\s\S]{1025})").end().end();
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

EntityStoreMongo::EntityStoreMongo(const mongo::Pool& pool, const Entity& entity, const Settings& settings)
    : pool_(pool),
      collection_(pool.collection(std::string(entity.database), std::string(entity.collection))),
      park_field_(entity.park_field),
      settings_(settings) {}

std::unique_ptr<DocumentStream> EntityStoreMongo::changed_since(const Cursor& cursor, const Scope& scope,
                                                                const BatchLimits& limits) {
    // A comparison never crosses the types, so the least value of a type is a bound that all of its values meet.
    Builder timestamps;
    timestamps.begin_document(version_field);
    if (cursor.timestamp) {
        timestamps.timestamp("$gt", *cursor.timestamp);
    } else {
        timestamps.timestamp("$gte", bson::Timestamp{});
    }
    timestamps.end();
    append_scope(timestamps, park_field_, scope);

    Builder dates;
    dates.begin_document(version_field);
    if (cursor.date_ms) {
        dates.date("$gt", *cursor.date_ms);
    } else {
        dates.date("$gte", std::numeric_limits<std::int64_t>::min());
    }
    dates.end();
    append_scope(dates, park_field_, scope);

    const Document oldest_first = projection_of(version_field, id_field);
    std::vector<QueryStream::Query> queries;
    queries.push_back({.filter = timestamps.take(), .sort = oldest_first});
    queries.push_back({.filter = dates.take(), .sort = oldest_first});
    return std::make_unique<QueryStream>(collection_, std::move(queries), limits, settings_.read_attempts_max,
                                         answers_are_small_);
}

std::unique_ptr<DocumentStream> EntityStoreMongo::all(const Scope& scope, const BatchLimits& limits) {
    Builder filter;
    append_scope(filter, park_field_, scope);
    std::vector<QueryStream::Query> queries;
    queries.push_back({.filter = filter.take(), .sort = {}});
    return std::make_unique<QueryStream>(collection_, std::move(queries), limits, settings_.read_attempts_max,
                                         answers_are_small_);
}

void EntityStoreMongo::read(View filter, mongo::FindOptions options, const TakeDocument& take) const {
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
            if (has_answered || attempt >= settings_.read_attempts_max) {
                throw;
            }
        } catch (const StoreRefused& refusal) {
            if (has_answered || !was_too_large(refusal) || options.batch_size_max == 1) {
                throw;
            }
            ask_one_by_one(options);
        }
    }
}

void EntityStoreMongo::read_by_strings(std::string_view field, std::span<const std::string> values,
                                       const mongo::FindOptions& options, const TakeDocument& take) const {
    // A value that came twice would be answered twice where it falls into two queries.
    std::vector<std::string_view> distinct(values.begin(), values.end());
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (std::size_t start = 0; start < distinct.size(); start += settings_.ids_per_query) {
        const auto chunk =
            std::span(distinct).subspan(start, std::min(settings_.ids_per_query, distinct.size() - start));
        mongo::FindOptions chunk_options = options;
        chunk_options.batch_size = static_cast<std::uint32_t>(chunk.size());
        chunk_options.batch_size_max = chunk_options.batch_size;
        read(in_filter(field, {chunk.begin(), chunk.end()}), chunk_options, take);
    }
}

DocumentBatch EntityStoreMongo::fetch(std::span<const std::string> ids) {
    DocumentBatch batch;
    read_by_strings(id_field, ids, {}, [&](View document) { batch.add(document); });
    return batch;
}

DocumentBatch EntityStoreMongo::fetch_quarantined(std::span<const std::string> ids) {
    DocumentBatch batch;
    // Two texts can stand for one number.
    std::unordered_set<std::string> seen;
    const TakeDocument take = [&](View document) {
        const auto id = document.find(id_field);
        if (id && seen.emplace(id->whole.begin(), id->whole.end()).second) {
            batch.add(document);
        }
    };
    // A string may look like Extended JSON, so every text is also looked for as it stands.
    read_by_strings(id_field, ids, {}, take);
    std::vector<Document> plain;
    for (const std::string& id : ids) {
        if (auto parsed = parsed_id(id)) {
            const Element value = *parsed->view().begin();
            if (is_plain_value(value.type)) {
                plain.push_back(std::move(*parsed));
            } else {
                read(Builder().begin_document(id_field).copy_as("$eq", value).end().take(), {}, take);
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
        read(filter.take(), {}, take);
    }
    return batch;
}

std::vector<EntityStore::Presence> EntityStoreMongo::presence(std::span<const std::string> ids) {
    std::vector<Presence> present;
    mongo::FindOptions options;
    options.projection = projection_of(id_field, park_field_);
    read_by_strings(id_field, ids, options, [&](View document) {
        const auto park = document.find(park_field_);
        present.push_back({.id = id_text(document),
                           .park_id = park && park->is_string() ? std::string(park->string()) : std::string()});
    });
    return present;
}

std::vector<EntityStore::LoginOwner> EntityStoreMongo::logins_in_use(std::span<const std::string> logins) {
    std::vector<LoginOwner> owners;
    mongo::FindOptions options;
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

std::int64_t EntityStoreMongo::server_time_ms() {
    return pool_.server_time_ms();
}

std::int64_t EntityStoreMongo::estimated_count() {
    return collection_.estimated_count();
}

bson::Timestamp EntityStoreMongo::server_clock() const {
    constexpr std::int64_t ms_per_second = 1000;
    return {.seconds = static_cast<std::uint32_t>(pool_.server_time_ms() / ms_per_second), .increment = 0};
}

void EntityStoreMongo::check_store() const {
    mongo::FindOptions options;
    options.projection = projection_of(id_field, id_field);
    static_cast<void>(collection_.find_one(Builder().string(id_field, "").take(), options));
}

EntityStoreMongo::Existing EntityStoreMongo::look_up_and_stamp(std::span<const std::string> ids) const {
    Existing existing;
    mongo::FindOptions options;
    options.projection = projection_of(id_field, version_field);
    read_by_strings(id_field, ids, options, [&](View document) {
        const auto version = document.find(version_field);
        const bool is_unstamped =
            version && version->type == Type::timestamp && version->timestamp() == bson::Timestamp{};
        existing.emplace(id_text(document), is_unstamped);
    });
    // One by one: a document that the server will not change stops only itself.
    auto bulk = collection_.bulk();
    for (const auto& [id, is_unstamped] : existing) {
        if (is_unstamped) {
            bulk.update_one(Builder().string(id_field, id).take(), set_current_version());
        }
    }
    static_cast<void>(bulk.execute());
    return existing;
}

void EntityStoreMongo::tell_duplicates(std::span<const Duplicate> duplicates, std::vector<WriteOutcome>& outcomes) {
    // Which of its unique indexes was in the way, the server says only in words.
    std::vector<std::string> logins;
    for (const Duplicate& duplicate : duplicates) {
        if (duplicate.login) {
            logins.push_back(*duplicate.login);
        }
    }
    std::unordered_map<std::string, std::string> owners;
    for (LoginOwner& owner : logins_in_use(logins)) {
        owners.emplace(std::move(owner.login), std::move(owner.id));
    }
    for (const Duplicate& duplicate : duplicates) {
        const auto owner = duplicate.login ? owners.find(*duplicate.login) : owners.end();
        const bool is_taken = owner != owners.end() && owner->second != duplicate.id;
        outcomes[duplicate.place] = is_taken ? WriteOutcome::login_taken : WriteOutcome::refused;
    }
}

std::optional<std::string> EntityStoreMongo::login_of(View fields) const {
    const auto login = park_field_ == id_field ? fields.find(login_field) : std::nullopt;
    return login && login->is_string() ? std::optional<std::string>(login->string()) : std::nullopt;
}

std::vector<WriteOutcome> EntityStoreMongo::insert(std::span<const ChildInsert> children) {
    if (stamping_ != Stamping::unknown || children.size() < 2) {
        return insert_batch(children);
    }
    // What the first one comes to tells how to stamp the others.
    auto outcomes = insert_batch(children.first(1));
    const auto others = insert_batch(children.subspan(1));
    outcomes.insert(outcomes.end(), others.begin(), others.end());
    return outcomes;
}

std::vector<WriteOutcome> EntityStoreMongo::insert_batch(std::span<const ChildInsert> children) {
    std::vector<WriteOutcome> outcomes(children.size(), WriteOutcome::refused);
    std::vector<std::size_t> sendable;
    for (std::size_t i = 0; i < children.size(); ++i) {
        if (children[i].document.size_bytes() + version_field_bytes <= document_bytes_max) {
            sendable.push_back(i);
        }
    }
    std::vector<std::size_t> duplicates;
    const auto send = [&](WritePlaces part) {
        const bson::Timestamp stamp = stamping_ == Stamping::by_store ? server_clock() : bson::Timestamp{};
        auto bulk = collection_.bulk();
        Versioned versioned;
        for (const std::size_t place : part) {
            bulk.insert(versioned(children[sendable[place]].document, stamp));
        }
        const mongo::BulkResult result = bulk.execute();
        for (const std::size_t place : part) {
            outcomes[sendable[place]] = WriteOutcome::written;
        }
        for (const mongo::WriteError& error : result.errors) {
            throw_if_it_concerns_whole_store(error);
            const std::size_t i = sendable[part[error.index]];
            outcomes[i] = WriteOutcome::refused;
            if (error.code == mongo::WriteError::duplicate_key) {
                duplicates.push_back(i);
            }
        }
    };
    send_isolating_poison(
        sendable.size(), settings_.write_breaks_max, send, [this] { check_store(); },
        [&](std::size_t place) { outcomes[sendable[place]] = WriteOutcome::refused; });

    std::vector<std::string> to_look_up;
    to_look_up.reserve(duplicates.size());
    for (const std::size_t i : duplicates) {
        to_look_up.push_back(children[i].id.value());
    }
    const bool is_first = stamping_ == Stamping::unknown;
    if (is_first) {
        for (std::size_t i = 0; i < children.size(); ++i) {
            if (outcomes[i] == WriteOutcome::written) {
                to_look_up.push_back(children[i].id.value());
            }
        }
    }
    if (to_look_up.empty()) {
        return outcomes;
    }
    const Existing existing = look_up_and_stamp(to_look_up);
    if (is_first) {
        for (std::size_t i = 0; i < children.size(); ++i) {
            const auto found = existing.find(children[i].id.value());
            if (outcomes[i] == WriteOutcome::written && found != existing.end()) {
                stamping_ = found->second ? Stamping::by_store : Stamping::by_server;
                break;
            }
        }
    }
    std::vector<Duplicate> others;
    for (const std::size_t i : duplicates) {
        if (existing.contains(children[i].id.value())) {
            outcomes[i] = WriteOutcome::exists;
        } else {
            others.push_back({.place = i, .id = children[i].id.value(), .login = login_of(children[i].document)});
        }
    }
    tell_duplicates(others, outcomes);
    return outcomes;
}

std::vector<WriteOutcome> EntityStoreMongo::update(std::span<const ChildUpdate> updates) {
    std::vector<WriteOutcome> outcomes(updates.size(), WriteOutcome::refused);
    std::vector<std::size_t> by_field;
    std::vector<std::size_t> whole;
    for (std::size_t i = 0; i < updates.size(); ++i) {
        const ChildUpdate& update = updates[i];
        if (update.replacement) {
            if (update.replacement->size_bytes() + version_field_bytes <= document_bytes_max) {
                whole.push_back(i);
            }
        } else if (update.set.size_bytes() <= document_bytes_max) {
            by_field.push_back(i);
        }
    }
    update_those(updates, by_field, false, outcomes);
    update_those(updates, whole, true, outcomes);
    return outcomes;
}

void EntityStoreMongo::update_those(std::span<const ChildUpdate> updates, std::span<const std::size_t> which,
                                    bool are_replaced, std::vector<WriteOutcome>& outcomes) {
    std::vector<Unclear> unclear;
    std::vector<Duplicate> duplicates;
    const bool is_exact = stamping_ == Stamping::by_server;
    const auto send = [&](WritePlaces part) {
        const bson::Timestamp stamp = are_replaced && !is_exact ? server_clock() : bson::Timestamp{};
        auto bulk = collection_.bulk();
        Versioned versioned;
        for (const std::size_t place : part) {
            const ChildUpdate& update = updates[which[place]];
            const Document filter = guarded_filter(update.id, update.version);
            if (are_replaced) {
                bulk.replace_one(filter, versioned(*update.replacement, stamp));
            } else {
                bulk.update_one(filter, operators_of(update));
            }
        }
        const mongo::BulkResult result = bulk.execute();
        std::vector<bool> has_failed(part.size());
        for (const mongo::WriteError& error : result.errors) {
            throw_if_it_concerns_whole_store(error);
            const std::size_t i = which[part[error.index]];
            has_failed[error.index] = true;
            outcomes[i] = WriteOutcome::refused;
            if (error.code == mongo::WriteError::duplicate_key) {
                const View fields = are_replaced ? updates[i].replacement->view() : updates[i].set.view();
                duplicates.push_back({.place = i, .id = updates[i].id.value(), .login = login_of(fields)});
            }
        }
        Taken taken = Taken::some;
        if (result.matched + result.errors.size() == part.size()) {
            taken = Taken::all;
        } else if (result.matched == 0) {
            taken = Taken::none;
        }
        for (std::size_t k = 0; k < part.size(); ++k) {
            const std::size_t i = which[part[k]];
            if (has_failed[k]) {
                continue;
            }
            const bool may_have_kept =
                are_replaced || (!is_exact && std::ranges::any_of(updates[i].set.view(), can_be_alike));
            if (taken == Taken::all && !may_have_kept) {
                outcomes[i] = WriteOutcome::written;
            } else {
                unclear.push_back({.place = i, .taken = taken});
            }
        }
    };
    send_isolating_poison(
        which.size(), settings_.write_breaks_max, send, [this] { check_store(); },
        [&](std::size_t place) { outcomes[which[place]] = WriteOutcome::refused; });
    tell_unclear(updates, unclear, outcomes);
    tell_duplicates(duplicates, outcomes);
}

void EntityStoreMongo::tell_unclear(std::span<const ChildUpdate> updates, std::span<const Unclear> unclear,
                                    std::vector<WriteOutcome>& outcomes) {
    if (unclear.empty()) {
        return;
    }
    std::vector<std::string> ids;
    ids.reserve(unclear.size());
    for (const Unclear& each : unclear) {
        ids.push_back(updates[each.place].id.value());
    }
    const DocumentBatch children = fetch(ids);
    std::unordered_map<std::string, View> child_by_id;
    for (std::size_t k = 0; k < children.size(); ++k) {
        child_by_id.emplace(id_text(children[k]), children[k]);
    }
    std::vector<ChildUpdate> mends;
    std::vector<std::size_t> mended;
    for (const Unclear& each : unclear) {
        const ChildUpdate& update = updates[each.place];
        WriteOutcome& outcome = outcomes[each.place];
        outcome = WriteOutcome::moved_on;
        const auto found = child_by_id.find(update.id.value());
        if (found == child_by_id.end()) {
            continue;
        }
        const View child = found->second;
        // Nobody was faster, and still it is not written: the server cannot write this one, whatever it answered.
        const WriteOutcome not_taken =
            is_at_version(child, update.version) ? WriteOutcome::refused : WriteOutcome::moved_on;
        const Likeness like = each.taken == Taken::none ? Likeness::different : likeness(child, update);
        if (like == Likeness::same) {
            outcome = WriteOutcome::written;
        } else if (like == Likeness::alike) {
            mends.push_back(whole_update(child, update));
            mended.push_back(each.place);
        } else if (each.taken != Taken::all) {
            outcome = not_taken;
        } else {
            // Somebody has changed these fields since; but a replacement that is not there has not been kept as it was.
            outcome = update.replacement ? WriteOutcome::refused : WriteOutcome::written;
        }
    }
    if (!mends.empty()) {
        const auto told = this->update(mends);
        for (std::size_t k = 0; k < mended.size(); ++k) {
            outcomes[mended[k]] = told[k];
        }
    }
}

}  // namespace twinfleet::mirroring
