#include "platform/mongo/cursor.hpp"

#include <algorithm>
#include <utility>

#include "platform/mongo/batch_sizer.hpp"
#include "platform/mongo/client.hpp"
#include "platform/mongo/connection.hpp"
#include "platform/mongo/documents.hpp"
#include "platform/mongo/libmongoc.hpp"

namespace twinfleet::mongo {
namespace {

CursorHandle open_cursor(mongoc_collection_t* collection, bson::View filter, const FindOptions& options, bool single) {
    bson::Builder find;
    if (!options.projection.view().empty()) {
        find.document("projection", options.projection);
    }
    if (!options.sort.view().empty()) {
        find.document("sort", options.sort);
    }
    if (single) {
        find.int64("limit", 1).boolean("singleBatch", true);
    } else if (options.limit > 0) {
        find.int64("limit", options.limit);
    }
    if (options.server_id) {
        find.int64("serverId", *options.server_id);
    }
    // A standalone server is asked for no concern, and there is no other data than its own.
    if (options.is_uncommitted &&
        mongoc_read_concern_get_level(mongoc_collection_get_read_concern(collection)) != nullptr) {
        find.begin_document("readConcern").string("level", MONGOC_READ_CONCERN_LEVEL_LOCAL).end();
    }
    const auto find_options = find.take();
    const bool from_primary = options.from_primary || options.is_uncommitted;
    // Without one, that of the connection string counts.
    const ReadPreferenceHandle preference(from_primary ? mongoc_read_prefs_new(MONGOC_READ_PRIMARY) : nullptr);
    CursorHandle cursor(mongoc_collection_find_with_opts(collection, BorrowedBson(filter), BorrowedBson(find_options),
                                                         preference.get()));
    mongoc_cursor_set_batch_size(cursor.get(), single ? 1 : std::max(options.batch_size, 1U));
    return cursor;
}

}  // namespace

struct Cursor::Handle {
    ConnectedCollection over;
    CursorHandle cursor;
    BatchSizer sizer;
    std::uint32_t batch_size;
    bool at_end = false;
};

Cursor::Cursor(std::unique_ptr<Handle> handle) noexcept : handle_(std::move(handle)) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

std::optional<bson::View> Cursor::next() {
    if (handle_->at_end) {
        return std::nullopt;
    }
    const auto document = advance(handle_->cursor.get());
    if (!document) {
        handle_->at_end = true;
        return std::nullopt;
    }
    // libmongoc does not tell where an answer ends, but the figure that is set when it asks for more is the one that
    // counts.
    handle_->sizer.add(document->size_bytes());
    const auto batch_size = handle_->sizer.next();
    if (batch_size != handle_->batch_size) {
        handle_->batch_size = batch_size;
        mongoc_cursor_set_batch_size(handle_->cursor.get(), batch_size);
    }
    return document;
}

Cursor Collection::find(bson::View filter, const FindOptions& options) const {
    ConnectedCollection over(*pool_, database_, name_);
    auto cursor = open_cursor(over.collection.get(), filter, options, false);
    return Cursor(std::make_unique<Cursor::Handle>(
        Cursor::Handle{std::move(over), std::move(cursor),
                       BatchSizer(options.batch_size_max, options.batch_bytes_target), options.batch_size}));
}

std::optional<bson::Document> Collection::find_one(bson::View filter, const FindOptions& options) const {
    const ConnectedCollection over(*pool_, database_, name_);
    const auto cursor = open_cursor(over.collection.get(), filter, options, true);
    const auto document = advance(cursor.get());
    return document ? std::optional<bson::Document>(*document) : std::nullopt;
}

}  // namespace twinfleet::mongo
