#include "benchmarks/mirroring/copy_steps.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <unordered_set>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "domain/license.hpp"
#include "platform/postgres/array_literal.hpp"

namespace twinfleet::benchmarks {
namespace {

using bson::Builder;
using Item = CopyBatch::Item;

constexpr const char* family = "bench";

std::string table_of(const mirroring::Entity& entity) {
    return "fleet_sync." + std::string(entity.name) + copy_suffix;
}

bson::Timestamp now() {
    return {.seconds = static_cast<std::uint32_t>(std::time(nullptr)), .increment = 1};
}

void append_profile(Builder& builder, std::string_view key, const Item& item) {
    builder.begin_document(key)
        .string("park_id", item.park_id)
        .string("driver_id", item.child_id)
        .string("app_family", family)
        .end();
}

bson::Document new_record(const Item& item) {
    Builder record;
    record.string("_id", item.child_id).string("license", item.license).begin_array("profiles");
    append_profile(record, "0", item);
    record.end().timestamp("updated_ts", now());
    return record.take();
}

void append_addition(mongo::Bulk& bulk, const Item& item, bool is_upsert) {
    Builder filter;
    filter.string("license", item.license);
    Builder update;
    update.begin_document("$addToSet");
    append_profile(update, "profiles", item);
    update.end().begin_document("$set").timestamp("updated_ts", now()).end();
    bulk.update_one(filter.take(), update.take(), is_upsert);
}

/// A copy that was refused in part measures nothing.
void require_done(mongo::Bulk& bulk) {
    const auto result = bulk.execute();
    if (!result.errors.empty()) {
        throw std::runtime_error("a copy was refused: " + result.errors.front().message);
    }
}

mongo::FindOptions whole_batches() {
    mongo::FindOptions options;
    options.batch_size_max = batch_documents;
    return options;
}

}  // namespace

mongo::Collection copies_of(const mongo::Pool& pool, const std::string& database, const std::string& collection) {
    return pool.collection(database, collection + copy_suffix);
}

std::vector<const mirroring::Entity*> copied_entities() {
    std::vector<const mirroring::Entity*> found;
    for (const mirroring::Entity& entity : mirroring::entities()) {
        if (entity.storage == mirroring::Storage::mongo) {
            found.push_back(&entity);
        }
    }
    return found;
}

CopySteps::CopySteps(const mongo::Pool& mongo, postgres::Pool& postgres, const mirroring::Entity& entity,
                     Records records)
    : entity_(entity),
      records_(records),
      postgres_(postgres),
      source_(mongo.collection(std::string(entity.database), std::string(entity.collection))),
      copies_(copies_of(mongo, std::string(entity.database), std::string(entity.collection))),
      unique_drivers_(copies_of(mongo, "dbtaxi", "unique_drivers")),
      cursor_(source_.find({}, whole_batches())) {}

std::unique_ptr<CopyBatch> CopySteps::read() {
    auto batch = std::make_unique<CopyBatch>();
    batch->items.reserve(batch_documents);
    while (batch->items.size() < batch_documents) {
        const auto document = cursor_.next();
        if (!document) {
            break;
        }
        Item& item = batch->items.emplace_back();
        std::array<char, 33> id{};
        std::snprintf(id.data(), id.size(), "%016zx%016zx", static_cast<std::size_t>(++ids_ * 0x9e3779b97f4a7c15ULL),
                      static_cast<std::size_t>(ids_));
        item.child_id = id.data();
        Builder child;
        child.string("_id", item.child_id);
        for (const bson::Element& element : *document) {
            if (element.key == "_id") {
                item.parent_id = element.string();
                continue;
            }
            if (element.key == "updated_ts") {
                child.timestamp("updated_ts", now());
                continue;
            }
            if (element.key == entity_.park_field) {
                item.park_id = element.string();
            } else if (element.key == "license" && entity_.has_driver_profile) {
                item.license = domain::normalize_license(element.document().find("number").value().string());
            }
            child.copy(element);
        }
        if (entity_.is_park()) {
            item.park_id = item.parent_id;
        }
        item.child = child.take();
    }
    return batch->items.empty() ? nullptr : std::move(batch);
}

void CopySteps::reserve(const CopyBatch& batch) {
    postgres::CopyRows rows(batch.items.size() * 160);
    for (const Item& item : batch.items) {
        rows.column(family)
            .column(item.parent_id)
            .column(item.park_id)
            .column(item.child_id)
            .column(item.park_id)
            .column("reserved")
            .end_row();
    }
    postgres_.transact([&](postgres::Transaction& transaction) {
        transaction.copy(table_of(entity_) + " (family, parent_id, parent_park_id, child_id, child_park_id, state)",
                         rows);
    });
}

void CopySteps::look_up_and_reserve(const CopyBatch& batch) {
    const std::string parents = postgres::array_of(batch.items, &Item::parent_id);
    const auto known = postgres_.transact([&](postgres::Transaction& transaction) {
        return transaction.execute("SELECT parent_id, child_id FROM " + table_of(entity_) +
                                       " WHERE family = $1 AND parent_id = ANY($2::text[])",
                                   family, parents);
    });
    if (!known.empty()) {
        throw std::runtime_error("the copy has been made before");
    }
    postgres_.transact([&](postgres::Transaction& transaction) {
        transaction.execute(
            "INSERT INTO " + table_of(entity_) +
                " (family, parent_id, parent_park_id, child_id, child_park_id, state)"
                " SELECT $1, parent_id, park_id, child_id, park_id, 'reserved'"
                " FROM unnest($2::text[], $3::text[], $4::text[]) AS wanted (parent_id, park_id, child_id)"
                " ON CONFLICT (family, parent_id) DO NOTHING",
            family, parents, postgres::array_of(batch.items, &Item::park_id),
            postgres::array_of(batch.items, &Item::child_id));
    });
}

void CopySteps::insert(const CopyBatch& batch) const {
    auto bulk = copies_.bulk();
    for (const Item& item : batch.items) {
        bulk.insert(item.child);
    }
    require_done(bulk);
}

void CopySteps::add_profiles(const CopyBatch& batch) const {
    if (!entity_.has_driver_profile) {
        return;
    }
    auto bulk = unique_drivers_.bulk();
    for (const Item& item : batch.items) {
        if (records_ == Records::none) {
            bulk.insert(new_record(item));
        } else {
            append_addition(bulk, item, records_ == Records::some);
        }
    }
    require_done(bulk);
}

void CopySteps::look_up_and_add_profiles(const CopyBatch& batch) const {
    if (!entity_.has_driver_profile) {
        return;
    }
    std::vector<std::string_view> licenses;
    for (const Item& item : batch.items) {
        licenses.push_back(item.license);
    }
    Builder filter;
    filter.begin_document("license").array("$in", bson::string_array(licenses)).end();
    std::unordered_set<std::string> known;
    auto records = unique_drivers_.find(filter.take(), whole_batches());
    while (const auto record = records.next()) {
        known.emplace(record->find("license").value().string());
    }
    auto bulk = unique_drivers_.bulk();
    for (const Item& item : batch.items) {
        if (known.insert(item.license).second) {
            bulk.insert(new_record(item));
        } else {
            append_addition(bulk, item, false);
        }
    }
    require_done(bulk);
}

void CopySteps::commit(const CopyBatch& batch) {
    // Sixteen bytes, as a hash has.
    const auto hash_of = [](const Item& item) {
        std::array<std::uint8_t, 16> hash{};
        for (std::size_t i = 0; i < hash.size(); ++i) {
            hash[i] = static_cast<std::uint8_t>(item.child_id[i] ^ item.child_id[16 + i]);
        }
        return hash;
    };
    postgres_.transact([&](postgres::Transaction& transaction) {
        transaction.execute(
            "SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off;"
            " SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off");
        transaction.execute(
            "UPDATE " + table_of(entity_) +
                " AS link SET state = 'linked', source_hash = done.hash, source_updated_ts = now(),"
                " synced_at = now() FROM (SELECT $1::text AS family, * FROM unnest($2::text[], $3::bytea[])"
                " AS value (parent_id, hash) OFFSET 0) AS done"
                " WHERE link.family = done.family AND link.parent_id = done.parent_id",
            family, postgres::array_of(batch.items, &Item::parent_id), postgres::array_of(batch.items, hash_of));
    });
}

}  // namespace twinfleet::benchmarks
