#include "platform/mongo/concerns.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "platform/mongo/errors.hpp"

namespace twinfleet::mongo {
namespace {

std::string weak_write_concern(const mongoc_uri_t* uri) {
    constexpr std::string_view expected =
        ": expected w=majority, which is the default; with less, a change of the primary takes back what was written";
    const auto* const concern = mongoc_uri_get_write_concern(uri);
    switch (const auto members = mongoc_write_concern_get_w(concern)) {
        case MONGOC_WRITE_CONCERN_W_ERRORS_IGNORED:
        case MONGOC_WRITE_CONCERN_W_UNACKNOWLEDGED:
        case 1:
            // `safe` is the old name of 0 and 1.
            return "w=" + std::to_string(std::max(members, 0)) + std::string(expected);
        default:
            break;
    }
    if (mongoc_write_concern_journal_is_set(concern) && !mongoc_write_concern_get_journal(concern)) {
        return "journal=false: expected no such option; a crash takes back what was not written to the journal";
    }
    return {};
}

std::string weak_read_concern(const mongoc_uri_t* uri) {
    const char* const level = mongoc_read_concern_get_level(mongoc_uri_get_read_concern(uri));
    if (level == nullptr) {
        return {};
    }
    const std::string_view named = level;
    if (named == MONGOC_READ_CONCERN_LEVEL_MAJORITY || named == MONGOC_READ_CONCERN_LEVEL_LINEARIZABLE) {
        return {};
    }
    constexpr std::array weak{MONGOC_READ_CONCERN_LEVEL_LOCAL, MONGOC_READ_CONCERN_LEVEL_AVAILABLE,
                              MONGOC_READ_CONCERN_LEVEL_SNAPSHOT};
    const auto known = std::ranges::find(weak, named, [](const char* each) { return std::string_view(each); });
    return "readConcernLevel" + (known == weak.end() ? std::string() : "=" + std::string(*known)) +
           ": expected majority, which is the default; with less, reads see what a change of the primary takes back";
}

std::string weak_read_preference(const mongoc_uri_t* uri) {
    if (mongoc_read_prefs_get_mode(mongoc_uri_get_read_prefs_t(uri)) == MONGOC_READ_PRIMARY) {
        return {};
    }
    return "readPreference: expected primary, which is the default; what a secondary answers may be old, and what is "
           "written here follows from what was read";
}

bool is_replicated(const mongoc_server_description_t* server) {
    constexpr std::array types{"RSPrimary", "RSSecondary", "Mongos", "LoadBalancer"};
    return std::ranges::find(types, std::string_view(mongoc_server_description_type(server)),
                             [](const char* type) { return std::string_view(type); }) != types.end();
}

}  // namespace

std::string weak_option(const mongoc_uri_t* uri, bool may_read_from_secondaries) {
    if (auto weak = weak_write_concern(uri); !weak.empty()) {
        return weak;
    }
    if (auto weak = weak_read_concern(uri); !weak.empty()) {
        return weak;
    }
    return may_read_from_secondaries ? std::string() : weak_read_preference(uri);
}

Concerns::Concerns(const mongoc_uri_t* uri, std::chrono::milliseconds write_timeout)
    : has_read_concern_(mongoc_read_concern_get_level(mongoc_uri_get_read_concern(uri)) != nullptr),
      write_timeout_(write_timeout) {}

void Concerns::apply(mongoc_client_t* client, mongoc_collection_t* collection) const {
    // Asked anew each time, which costs next to nothing while the server is known: it may have become another one.
    if (!is_replicated(select_server(client, nullptr).get())) {
        return;
    }
    // What the URI says stays.
    const WriteConcernHandle write_concern(mongoc_write_concern_copy(mongoc_collection_get_write_concern(collection)));
    if (mongoc_write_concern_get_w(write_concern.get()) == MONGOC_WRITE_CONCERN_W_DEFAULT) {
        mongoc_write_concern_set_w(write_concern.get(), MONGOC_WRITE_CONCERN_W_MAJORITY);
    }
    if (mongoc_write_concern_get_wtimeout_int64(write_concern.get()) == 0) {
        mongoc_write_concern_set_wtimeout_int64(write_concern.get(), write_timeout_.count());
    }
    mongoc_collection_set_write_concern(collection, write_concern.get());
    if (!has_read_concern_) {
        const ReadConcernHandle read_concern(mongoc_read_concern_new());
        mongoc_read_concern_set_level(read_concern.get(), MONGOC_READ_CONCERN_LEVEL_MAJORITY);
        mongoc_collection_set_read_concern(collection, read_concern.get());
    }
}

void append_write_concern(const mongoc_collection_t* collection, bson_t* options) {
    const auto* const concern = mongoc_collection_get_write_concern(collection);
    if (!mongoc_write_concern_is_default(concern)) {
        mongoc_write_concern_append(const_cast<mongoc_write_concern_t*>(concern), options);
    }
}

ServerHandle select_server(mongoc_client_t* client, const mongoc_read_prefs_t* preference) {
    bson_error_t error{};
    ServerHandle server(mongoc_client_select_server(
        client, false, preference != nullptr ? preference : mongoc_client_get_read_prefs(client), &error));
    if (server == nullptr) {
        raise(error);
    }
    return server;
}

}  // namespace twinfleet::mongo
