#include "platform/mongo/bulk.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "platform/bson/builder.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/mongo/client.hpp"
#include "platform/mongo/connection.hpp"
#include "platform/mongo/errors.hpp"
#include "platform/mongo/libmongoc.hpp"

namespace twinfleet::mongo {
namespace {

class BulkOptions {
    bson::Document unordered_ = bson::Builder().boolean("ordered", false).take();
    bson::Document unvalidated_ = bson::Builder().boolean("validate", false).take();
    bson::Document unvalidated_upsert_ = bson::Builder().boolean("validate", false).boolean("upsert", true).take();

public:
    BorrowedBson unordered{unordered_};
    BorrowedBson unvalidated{unvalidated_};
    BorrowedBson unvalidated_upsert{unvalidated_upsert_};
};

}  // namespace

/// libmongoc turns every change of kind into another request. As the order does not matter, each kind gets a bulk of
/// its own and at most three requests travel; the places in the caller's order are kept beside them.
struct Bulk::Handle {
    enum Kind : std::size_t { inserts, updates, removals };

    struct Part {
        BulkHandle bulk;
        std::vector<std::size_t> places;
    };

    Handle(ConnectedCollection connected, std::chrono::milliseconds answer_timeout)
        : over(std::move(connected)), socket_timeout(answer_timeout) {}

    template <typename Add>
    void add(Kind kind, Add&& add_to) {
        auto& part = parts[kind];
        if (part.bulk == nullptr) {
            part.bulk.reset(
                mongoc_collection_create_bulk_operation_with_opts(over.collection.get(), options.unordered));
        }
        bson_error_t error{};
        if (!add_to(part.bulk.get(), &error)) {
            raise(error);
        }
        part.places.push_back(size++);
    }

    void execute(Kind kind, BulkResult& result) const;

    BulkOptions options;
    ConnectedCollection over;
    std::chrono::milliseconds socket_timeout;
    std::array<Part, 3> parts;
    std::size_t size = 0;
};

namespace {

std::int64_t integer(bson::View document, std::string_view field) {
    const auto element = document.find(field);
    return element ? element->integer().value_or(0) : 0;
}

std::uint64_t count(bson::View reply, std::string_view field) {
    return static_cast<std::uint64_t>(integer(reply, field));
}

std::string_view text(bson::View document, std::string_view field) {
    const auto element = document.find(field);
    return element && element->is_string() ? element->string() : std::string_view{};
}

void throw_if_not_acknowledged(bson::View answer) {
    const auto errors = answer.find("writeConcernErrors");
    if (!errors || errors->document().empty()) {
        return;
    }
    const auto first = *errors->document().begin();
    throw platform::StoreUnavailable(
        store_name, not_acknowledged(first.type == bson::Type::document ? text(first.document(), "errmsg") : ""));
}

}  // namespace

void Bulk::Handle::execute(Kind kind, BulkResult& result) const {
    const auto& part = parts[kind];
    if (part.bulk == nullptr) {
        return;
    }
    Reply reply;
    bson_error_t error{};
    const auto started = std::chrono::steady_clock::now();
    const auto succeeded = mongoc_bulk_operation_execute(part.bulk.get(), reply.out(), &error) != 0;
    const auto passed = std::chrono::steady_clock::now() - started;
    const auto answer = reply.view();
    throw_if_not_acknowledged(answer);
    if (!succeeded && broke_off(error)) {
        // libmongoc has one error for both. Rather a few breaks too many are taken for silence than the other way
        // round: nobody is suspected for that.
        if (passed >= socket_timeout * 9 / 10) {
            throw platform::StoreUnavailable(
                store_name, "no answer to a write within " + std::to_string(socket_timeout.count()) + " ms");
        }
        throw platform::ConnectionBroken(store_name, error.message);
    }
    if (!succeeded && means_unavailable(error)) {
        raise(error);
    }
    result.matched += count(answer, "nMatched");
    result.modified += count(answer, "nModified");
    result.upserted += count(answer, "nUpserted");
    result.removed += count(answer, "nRemoved");

    const auto errors_before = result.errors.size();
    if (const auto write_errors = answer.find("writeErrors")) {
        for (const auto& element : write_errors->document()) {
            const auto write_error = element.document();
            const auto code = static_cast<int>(integer(write_error, "code"));
            auto message = without_data(text(write_error, "errmsg"));
            if (means_unavailable(code)) {
                throw platform::StoreUnavailable(store_name, message);
            }
            const auto place = part.places.at(static_cast<std::size_t>(integer(write_error, "index")));
            result.errors.push_back({.index = place, .code = code, .message = std::move(message)});
        }
    }
    const auto refused = result.errors.size() - errors_before;
    if (!succeeded && refused == 0) {
        raise(error);
    }
    if (kind == inserts) {
        // Not taken from the answer: there are servers that count the refused ones, too.
        result.inserted = part.places.size() - refused;
    }
}

Bulk::Bulk(std::unique_ptr<Handle> handle) noexcept : handle_(std::move(handle)) {}
Bulk::Bulk(Bulk&&) noexcept = default;
Bulk& Bulk::operator=(Bulk&&) noexcept = default;
Bulk::~Bulk() = default;

void Bulk::insert(bson::View document) {
    handle_->add(Handle::inserts, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_insert_with_opts(bulk, BorrowedBson(document), handle_->options.unvalidated,
                                                      error);
    });
}

void Bulk::update_one(bson::View filter, bson::View update, bool upsert) {
    handle_->add(Handle::updates, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_update_one_with_opts(
            bulk, BorrowedBson(filter), BorrowedBson(update),
            upsert ? handle_->options.unvalidated_upsert : handle_->options.unvalidated, error);
    });
}

void Bulk::update_many(bson::View filter, bson::View update) {
    handle_->add(Handle::updates, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_update_many_with_opts(bulk, BorrowedBson(filter), BorrowedBson(update),
                                                           handle_->options.unvalidated, error);
    });
}

void Bulk::replace_one(bson::View filter, bson::View document) {
    handle_->add(Handle::updates, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_replace_one_with_opts(bulk, BorrowedBson(filter), BorrowedBson(document),
                                                           handle_->options.unvalidated, error);
    });
}

void Bulk::remove_one(bson::View filter) {
    handle_->add(Handle::removals, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_remove_one_with_opts(bulk, BorrowedBson(filter), nullptr, error);
    });
}

std::size_t Bulk::size() const noexcept {
    return handle_->size;
}

BulkResult Bulk::execute() {
    BulkResult result;
    for (const auto kind : {Handle::inserts, Handle::updates, Handle::removals}) {
        handle_->execute(kind, result);
    }
    std::ranges::sort(result.errors, {}, &WriteError::index);
    return result;
}

Bulk Collection::bulk() const {
    return Bulk(
        std::make_unique<Bulk::Handle>(ConnectedCollection(*pool_, database_, name_), pool_->state().socket_timeout));
}

}  // namespace twinfleet::mongo
