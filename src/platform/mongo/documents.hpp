#pragma once

#include <optional>

#include "platform/bson/view.hpp"
#include "platform/mongo/errors.hpp"
#include "platform/mongo/libmongoc.hpp"

namespace twinfleet::mongo {

/// The next document of libmongoc's cursor, valid until the next call; nullopt at the end. Throws as raise() does. For
/// the files of this folder alone.
inline std::optional<bson::View> advance(mongoc_cursor_t* cursor) {
    const bson_t* document = nullptr;
    if (mongoc_cursor_next(cursor, &document)) {
        return bson::View(bson::Bytes(bson_get_data(document), document->len));
    }
    bson_error_t error{};
    if (mongoc_cursor_error(cursor, &error)) {
        raise(error);
    }
    return std::nullopt;
}

}  // namespace twinfleet::mongo
