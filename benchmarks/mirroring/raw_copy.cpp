#include "benchmarks/mirroring/raw_copy.hpp"

#include <cstdio>
#include <memory>
#include <stdexcept>

#include <mongoc/mongoc.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::benchmarks {
namespace {

constexpr std::size_t batch_documents = 1000;

std::string copy_name(const mirroring::Entity& entity) {
    return std::string(entity.collection) + "_raw_copy";
}

void prepare_copies(const std::string& mongo_uri) {
    const mongo::Pool pool({.uri = mongo_uri});
    for (const mirroring::Entity& entity : mirroring::entities()) {
        if (entity.storage != mirroring::Storage::mongo) {
            continue;
        }
        const auto copies = pool.collection(std::string(entity.database), copy_name(entity));
        copies.drop();
        copies.create_index(
            bson::from_json(R"({"name": "updated_ts_id", "key": {"updated_ts": 1, "_id": 1}, "unique": true})"));
    }
}

struct Destroy {
    void operator()(mongoc_client_t* client) const { mongoc_client_destroy(client); }
    void operator()(mongoc_collection_t* collection) const { mongoc_collection_destroy(collection); }
    void operator()(mongoc_cursor_t* cursor) const { mongoc_cursor_destroy(cursor); }
    void operator()(mongoc_bulk_operation_t* bulk) const { mongoc_bulk_operation_destroy(bulk); }
};
template <typename Handle>
using Owned = std::unique_ptr<Handle, Destroy>;

/// {key: value} that lives as long as the program: the options of every call.
const bson_t* options(const char* key, bool value) {
    bson_t* made = bson_new();
    bson_append_bool(made, key, -1, value);
    return made;
}

}  // namespace

std::size_t raw_copy(const std::string& mongo_uri) {
    prepare_copies(mongo_uri);
    mongoc_init();
    const Owned<mongoc_client_t> client(mongoc_client_new(mongo_uri.c_str()));
    const bson_t* bulk_options = options("ordered", false);
    const bson_t* insert_options = options("validate", false);
    bson_t find_options = BSON_INITIALIZER;
    BSON_APPEND_INT32(&find_options, "batchSize", batch_documents);
    std::size_t copied = 0;
    bson_error_t error;
    for (const mirroring::Entity& entity : mirroring::entities()) {
        if (entity.storage != mirroring::Storage::mongo) {
            continue;
        }
        const std::string database(entity.database);
        const std::string name(entity.collection);
        const Owned<mongoc_collection_t> source(
            mongoc_client_get_collection(client.get(), database.c_str(), name.c_str()));
        const Owned<mongoc_collection_t> target(
            mongoc_client_get_collection(client.get(), database.c_str(), copy_name(entity).c_str()));
        bson_t filter = BSON_INITIALIZER;
        const Owned<mongoc_cursor_t> cursor(
            mongoc_collection_find_with_opts(source.get(), &filter, &find_options, nullptr));
        Owned<mongoc_bulk_operation_t> bulk;
        std::size_t in_bulk = 0;
        const auto send = [&] {
            if (in_bulk == 0) {
                return;
            }
            bson_t reply;
            const bool is_done = mongoc_bulk_operation_execute(bulk.get(), &reply, &error) != 0;
            bson_destroy(&reply);
            if (!is_done) {
                throw std::runtime_error(error.message);
            }
            copied += in_bulk;
            in_bulk = 0;
            bulk.reset();
        };
        const bson_t* document = nullptr;
        while (mongoc_cursor_next(cursor.get(), &document)) {
            if (!bulk) {
                bulk.reset(mongoc_collection_create_bulk_operation_with_opts(target.get(), bulk_options));
            }
            bson_t copy = BSON_INITIALIZER;
            char id[33];
            std::snprintf(id, sizeof(id), "%032zx", copied + in_bulk);
            BSON_APPEND_UTF8(&copy, "_id", id);
            bson_copy_to_excluding_noinit(document, &copy, "_id", nullptr);
            mongoc_bulk_operation_insert_with_opts(bulk.get(), &copy, insert_options, &error);
            bson_destroy(&copy);
            if (++in_bulk == batch_documents) {
                send();
            }
        }
        send();
        if (mongoc_cursor_error(cursor.get(), &error)) {
            throw std::runtime_error(error.message);
        }
    }
    return copied;
}

void remove_raw_copy(const std::string& mongo_uri) {
    const mongo::Pool pool({.uri = mongo_uri});
    for (const mirroring::Entity& entity : mirroring::entities()) {
        pool.collection(std::string(entity.database), copy_name(entity)).drop();
    }
}

}  // namespace twinfleet::benchmarks
