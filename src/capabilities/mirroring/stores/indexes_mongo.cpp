#include "capabilities/mirroring/stores/indexes_mongo.hpp"

#include <array>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/stores/write_isolation_mongo.hpp"
#include "platform/bson/builder.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::array unique_driver_indexes{
    IndexSpecification{.name = "updated_ts_id", .keys = R"({"updated_ts": 1, "_id": 1})", .unique = true},
    IndexSpecification{.name = "license", .keys = R"({"license": 1})", .unique = true},
    IndexSpecification{.name = "profiles_driver_id", .keys = R"({"profiles.driver_id": 1, "_id": 1})", .unique = true},
};

void create(const mongo::Collection& collection, const IndexSpecification& index, bool is_unique) {
    bson::Builder builder;
    builder.document("key", bson::from_json(index.keys)).string("name", index.name);
    if (is_unique) {
        builder.boolean("unique", true);
    }
    collection.create_index(builder.take());
}

/// In the same order; servers and clients differ in the type of the numbers.
bool are_same_keys(bson::View left, bson::View right) {
    auto other = right.begin();
    for (const auto& element : left) {
        if (other == right.end() || element.key != other->key || element.integer() != other->integer()) {
            return false;
        }
        ++other;
    }
    return other == right.end();
}

/// The collection has a unique index of these keys: creating one beside a plain index of the same keys is no error.
bool exists_unique(const mongo::Pool& pool, const mongo::Collection& collection, const IndexSpecification& index) {
    const bson::Document keys = bson::from_json(index.keys);
    const auto answer =
        pool.command(collection.database(), bson::Builder().string("listIndexes", collection.name()).take());
    const auto cursor = answer.view().find("cursor");
    const auto batch = cursor ? cursor->document().find("firstBatch") : std::nullopt;
    if (!batch) {
        return false;
    }
    for (const auto& element : batch->document()) {
        const auto existing_keys = element.document().find("key");
        const auto unique = element.document().find("unique");
        if (existing_keys && unique && unique->type == bson::Type::boolean && unique->boolean() &&
            are_same_keys(existing_keys->document(), keys)) {
            return true;
        }
    }
    return false;
}

bool has_to_be_unique(const Entity& entity, const IndexSpecification& index) {
    return entity.is_park() && index.name == "login";
}

[[noreturn]] void refuse(const mongo::Collection& collection, const IndexSpecification& index, int code) {
    throw platform::StoreRefused("MongoDB", code,
                                 "the index \"" + std::string(index.name) + "\" on " + collection.database() + "." +
                                     collection.name() +
                                     " has to be unique and cannot be; mend the documents that share a value, or drop "
                                     "the index of the same keys that is "
                                     "not unique, and migrate again");
}

/// False when the index had to become a plain one.
bool make_unique(const mongo::Pool& pool, const mongo::Collection& collection, const IndexSpecification& index,
                 bool has_to_be_unique) {
    try {
        create(collection, index, true);
    } catch (const platform::StoreRefused& refusal) {
        if (concerns_whole_store(refusal.code())) {
            throw;
        }
        if (has_to_be_unique) {
            refuse(collection, index, refusal.code());
        }
        create(collection, index, false);
        return false;
    }
    const bool is_unique = exists_unique(pool, collection, index);
    if (!is_unique && has_to_be_unique) {
        refuse(collection, index, 0);
    }
    return is_unique;
}

void make_all(const mongo::Pool& pool, std::string_view database, std::string_view name,
              std::span<const IndexSpecification> indexes, const Entity* entity, std::vector<std::string>& made_plain) {
    const auto collection = pool.collection(std::string(database), std::string(name));
    for (const IndexSpecification& index : indexes) {
        if (!index.unique) {
            create(collection, index, false);
        } else if (!make_unique(pool, collection, index, entity != nullptr && has_to_be_unique(*entity, index))) {
            made_plain.push_back(collection.database() + "." + collection.name() + "." + std::string(index.name));
        }
    }
}

}  // namespace

std::vector<std::string> make_indexes(const mongo::Pool& pool) {
    return make_indexes(pool, entities(), {});
}

std::vector<std::string> make_indexes(const mongo::Pool& pool, std::span<const Entity> entities,
                                      const UniqueDriversPlace& unique_drivers) {
    std::vector<std::string> made_plain;
    for (const Entity& entity : entities) {
        if (entity.storage == Storage::mongo) {
            make_all(pool, entity.database, entity.collection, entity.indexes, &entity, made_plain);
        }
    }
    make_all(pool, unique_drivers.database, unique_drivers.collection, unique_driver_indexes, nullptr, made_plain);
    return made_plain;
}

}  // namespace twinfleet::mirroring
