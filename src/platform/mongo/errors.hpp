#pragma once

#include <string>
#include <string_view>

#include <mongoc/mongoc.h>

/// What errors of libmongoc and of the server mean to the callers of this folder. For the files of this folder alone.
namespace twinfleet::mongo {

inline constexpr const char* store_name = "MongoDB";

/// Whether the code says that the server is going down, is no longer the primary, or has lost its connections or the
/// cursor, or that a sharded cluster is being rearranged: the retryable codes of
/// github.com/mongodb/specifications/blob/master/source/retryable-writes, and those of a lost cursor and of a shard
/// that a router knows no more. Asking again later may help, so callers treat these codes like a dropped connection.
/// libmongoc by itself looks for the new primary then.
[[nodiscard]] bool means_unavailable(int server_code);
/// Whether the error has such a code, or says that no server could be reached, or that a write was done but not
/// acknowledged as widely as its write concern asks.
[[nodiscard]] bool means_unavailable(const bson_error_t& error);
/// Whether the error says that a connection ended, or that its answer did not come in time; libmongoc does not tell
/// which of the two.
[[nodiscard]] bool broke_off(const bson_error_t& error) noexcept;

/// The server's words up to where it begins to quote keys and documents ("... dup key: { phone: "+7..." }").
[[nodiscard]] std::string without_data(std::string_view message);

/// What StoreUnavailable says of a write that was done, but that not as many members of the replica set have as the
/// write concern asks for; `message` is the server's.
[[nodiscard]] std::string not_acknowledged(std::string_view message);

/// Throws platform::StoreUnavailable or platform::StoreRefused, by what the error means.
[[noreturn]] void raise(const bson_error_t& error);

}  // namespace twinfleet::mongo
