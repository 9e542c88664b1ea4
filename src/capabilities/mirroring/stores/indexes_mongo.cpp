#include "capabilities/mirroring/stores/indexes_mongo.hpp"

#include <array>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/bson/builder.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::array unique_driver_indexes{
    IndexSpecification{.name = "updated_ts_id", .keys = R"({"updated_ts": 1, "_id": 1})", .unique = true},
    IndexSpecification{.name = "license", .keys = R"({"license": 1})", .unique = true},
};

void create(const mongo::Collection& collection, const IndexSpecification& index, bool is_unique) {
    bson::Builder builder;
    builder.document("key", bson::from_json(index.keys)).string("name", index.name);
    if (is_unique) {
        builder.boolean("unique", true);
    }
    collection.create_index(builder.take());
}

bool has_to_be_unique(const Entity& entity, const IndexSpecification& index) {
    return entity.is_park() && index.name == "login";
}

/// False when a unique index became a plain one.
bool make(const mongo::Collection& collection, const IndexSpecification& index, bool has_to_be_unique) {
    try {
        create(collection, index, index.unique);
        return true;
    } catch (const platform::StoreRefused& refusal) {
        if (!index.unique) {
            throw;
        }
        if (has_to_be_unique) {
            throw platform::StoreRefused(
                refusal.store(), refusal.code(),
                "the unique index \"" + std::string(index.name) + "\" on " + collection.database() + "." + collection.name() +
                    " cannot be made; documents that share a value, or an index of these keys that is not unique, have to be mended first");
        }
    }
    create(collection, index, false);
    return false;
}

void make_all(const mongo::Pool& pool, std::string_view database, std::string_view name,
              std::span<const IndexSpecification> indexes, const Entity* entity, std::vector<std::string>& made_plain) {
    const auto collection = pool.collection(std::string(database), std::string(name));
    for (const IndexSpecification& index : indexes) {
        if (!make(collection, index, entity != nullptr && has_to_be_unique(*entity, index))) {
            made_plain.push_back(collection.database() + "." + collection.name() + "." + std::string(index.name));
        }
    }
}

}  // namespace

std::vector<std::string> make_indexes(const mongo::Pool& pool) { return make_indexes(pool, entities(), {}); }

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
