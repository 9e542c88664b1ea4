#pragma once

#include <memory>

#include <mongoc/mongoc.h>

#include "platform/bson/view.hpp"

/// Wrappers of libmongoc: unique_ptr owns its handles, and documents are given to it without a copy. For the files of
/// this folder alone.
namespace twinfleet::mongo {

/// Calls `function` to free a handle.
template <auto function>
struct Deleter {
    template <typename Handle>
    void operator()(Handle* handle) const noexcept {
        function(handle);
    }
};

using UriHandle = std::unique_ptr<mongoc_uri_t, Deleter<mongoc_uri_destroy>>;
using PoolHandle = std::unique_ptr<mongoc_client_pool_t, Deleter<mongoc_client_pool_destroy>>;
using CollectionHandle = std::unique_ptr<mongoc_collection_t, Deleter<mongoc_collection_destroy>>;
using CursorHandle = std::unique_ptr<mongoc_cursor_t, Deleter<mongoc_cursor_destroy>>;
using ReadConcernHandle = std::unique_ptr<mongoc_read_concern_t, Deleter<mongoc_read_concern_destroy>>;
using WriteConcernHandle = std::unique_ptr<mongoc_write_concern_t, Deleter<mongoc_write_concern_destroy>>;
using ServerHandle = std::unique_ptr<mongoc_server_description_t, Deleter<mongoc_server_description_destroy>>;
using ReadPreferenceHandle = std::unique_ptr<mongoc_read_prefs_t, Deleter<mongoc_read_prefs_destroy>>;
using BulkHandle = std::unique_ptr<mongoc_bulk_operation_t, Deleter<mongoc_bulk_operation_destroy>>;

/// A View in the form that libmongoc takes, without a copy. The bytes of the View outlive this. Throws bson::Malformed
/// when libbson refuses the document.
class BorrowedBson {
public:
    explicit BorrowedBson(bson::View view) {
        if (!bson_init_static(&bson_, view.bytes().data(), view.size_bytes())) {
            throw bson::Malformed("malformed BSON: libbson refuses the document");
        }
    }
    BorrowedBson(const BorrowedBson&) = delete;
    BorrowedBson& operator=(const BorrowedBson&) = delete;
    operator const bson_t*() const noexcept { return &bson_; }  // NOLINT(google-explicit-constructor)

private:
    bson_t bson_;
};

/// A document into which libmongoc puts an answer, or options that libmongoc adds to.
class Reply {
public:
    Reply() noexcept { bson_init(&bson_); }
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;
    ~Reply() { bson_destroy(&bson_); }
    [[nodiscard]] bson_t* out() noexcept { return &bson_; }
    [[nodiscard]] bson::View view() const { return bson::View(bson::Bytes(bson_get_data(&bson_), bson_.len)); }

private:
    bson_t bson_;
};

}  // namespace twinfleet::mongo
