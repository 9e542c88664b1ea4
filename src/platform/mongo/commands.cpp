#include <iterator>
#include <string_view>

#include "platform/errors/store_error.hpp"
#include "platform/mongo/client.hpp"
#include "platform/mongo/connection.hpp"
#include "platform/mongo/documents.hpp"
#include "platform/mongo/errors.hpp"
#include "platform/mongo/libmongoc.hpp"
#include "platform/mongo/server_time.hpp"

namespace twinfleet::mongo {
namespace {

bson::Document run_command(mongoc_client_t* client, const std::string& database, bson::View command) {
    Reply reply;
    bson_error_t error{};
    if (!mongoc_client_command_simple(client, database.c_str(), BorrowedBson(command), nullptr, reply.out(), &error)) {
        raise(error);
    }
    return bson::Document(reply.view());
}

/// Same fields in the same order with the same directions, whatever numeric types these have.
bool same_index_keys(bson::View left, bson::View right) {
    auto other = right.begin();
    for (const auto& element : left) {
        if (other == std::default_sentinel || element.key != other->key) {
            return false;
        }
        const auto direction = element.integer();
        if (direction ? direction != other->integer() : !element.same_value(*other)) {
            return false;
        }
        ++other;
    }
    return other == std::default_sentinel;
}

}  // namespace

bson::Document Pool::command(const std::string& database, bson::View command) const {
    return run_command(state_->client().get(), database, command);
}

void Pool::ping() const {
    static_cast<void>(command("admin", bson::Builder().int32("ping", 1).take()));
}

bson::Document Pool::hello() const {
    const auto ask = [this](const char* question) {
        return command("admin", bson::Builder().int32(question, 1).take());
    };
    if (state_->knows_hello) {
        try {
            return ask("hello");
        } catch (const platform::StoreRefused&) {
            state_->knows_hello = false;
        }
    }
    return ask("isMaster");
}

void Pool::ping_primary() const {
    const auto answer = hello();
    const auto is_true = [&answer](std::string_view field) {
        const auto found = answer.view().find(field);
        return found && found->type == bson::Type::boolean && found->boolean();
    };
    if (!is_true("isWritablePrimary") && !is_true("ismaster")) {
        throw platform::StoreUnavailable(store_name, "the server takes no writes: it is not the primary");
    }
}

std::int64_t Pool::server_time_ms() const {
    return ServerTime::of(hello()).local_ms;
}

std::int64_t Pool::change_time_ms() const {
    return ServerTime::of(hello()).change_ms();
}

std::int64_t Collection::estimated_count() const {
    const ConnectedCollection over(*pool_, database_, name_);
    bson_error_t error{};
    const auto documents =
        mongoc_collection_estimated_document_count(over.collection.get(), nullptr, nullptr, nullptr, &error);
    if (documents < 0) {
        raise(error);
    }
    return documents;
}

void Collection::create_index(bson::View specification) const {
    constexpr int index_options_conflict = 85;
    constexpr int index_key_specs_conflict = 86;
    const ConnectedCollection over(*pool_, database_, name_);
    const auto command =
        bson::Builder().string("createIndexes", name_).begin_array("indexes").document("0", specification).end().take();
    Reply options;
    append_write_concern(over.collection.get(), options.out());
    Reply answer;
    bson_error_t error{};
    try {
        if (!mongoc_client_write_command_with_opts(over.client.get(), database_.c_str(), BorrowedBson(command),
                                                   options.out(), answer.out(), &error)) {
            raise(error);
        }
    } catch (const platform::StoreRefused& refusal) {
        if (refusal.code() != index_options_conflict && refusal.code() != index_key_specs_conflict) {
            throw;
        }
        const auto keys = specification.find("key");
        const CursorHandle indexes(mongoc_collection_find_indexes_with_opts(over.collection.get(), nullptr));
        while (const auto index = advance(indexes.get())) {
            const auto existing_keys = index->find("key");
            if (keys && existing_keys && same_index_keys(keys->document(), existing_keys->document())) {
                return;
            }
        }
        throw;
    }
}

void Collection::drop() const {
    constexpr std::uint32_t namespace_not_found = 26;
    const ConnectedCollection over(*pool_, database_, name_);
    bson_error_t error{};
    if (mongoc_collection_drop(over.collection.get(), &error)) {
        return;
    }
    // Old servers give this text and no code.
    if (error.code != namespace_not_found && std::string_view(error.message) != "ns not found") {
        raise(error);
    }
}

}  // namespace twinfleet::mongo
