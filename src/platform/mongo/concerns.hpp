#pragma once

#include <chrono>
#include <string>

#include "platform/mongo/libmongoc.hpp"

/// How safe writes and reads are: write concern, read concern and read preference
/// (mongodb.com/docs/manual/reference/write-concern, .../read-concern, .../core/read-preference). For the files of this
/// folder alone.
namespace twinfleet::mongo {

/// What is wrong with an option of the URI that makes writes or reads weaker than what the callers of this folder rely
/// on, and what was expected instead; empty when there is no such option. Never repeats more of the URI than that
/// option.
[[nodiscard]] std::string weak_option(const mongoc_uri_t* uri, bool may_read_from_secondaries);

/// The concerns that are asked for where the URI names none: `majority` of a replica set and of a sharded cluster, none
/// of a standalone server, which has nobody to wait for.
class Concerns {
public:
    Concerns() = default;
    /// Writes to a replica set may take `write_timeout` until enough members have them, unless the URI has
    /// `wtimeoutMS`.
    Concerns(const mongoc_uri_t* uri, std::chrono::milliseconds write_timeout);

    /// Sets the concerns of `collection`, by what kind of server `client` would read from now. Throws
    /// platform::StoreUnavailable when it finds no server in time.
    void apply(mongoc_client_t* client, mongoc_collection_t* collection) const;

private:
    bool has_read_concern_ = false;
    std::chrono::milliseconds write_timeout_{};
};

/// Options of a command that hold the write concern of `collection`, if it has one.
void append_write_concern(const mongoc_collection_t* collection, bson_t* options);

/// The server to which `client` sends a read with this preference; nullptr stands for the one of the URI. Throws
/// platform::StoreUnavailable when there is none in time.
[[nodiscard]] ServerHandle select_server(mongoc_client_t* client, const mongoc_read_prefs_t* preference);

}  // namespace twinfleet::mongo
