#include "capabilities/mirroring/erasure/driver_records_mongo.hpp"

#include <algorithm>
#include <vector>

#include "platform/bson/builder.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

/// Somebody who changes a record between its read and its removal is rare; who does so this often in a row is left to
/// the next attempt.
constexpr int looks_max = 3;

struct Holders {
    std::uint64_t of_erased = 0;
    std::uint64_t of_others = 0;
};

Holders holders_of(bson::View profiles, std::span<const std::string> driver_ids) {
    Holders holders;
    for (const bson::Element& profile : profiles) {
        const auto id = profile.type == bson::Type::document ? profile.document().find("driver_id")
                                                             : std::optional<bson::Element>();
        const bool is_erased = id && id->is_string() && std::ranges::find(driver_ids, id->string()) != driver_ids.end();
        ++(is_erased ? holders.of_erased : holders.of_others);
    }
    return holders;
}

}  // namespace

MongoDriverRecords::MongoDriverRecords(const mongo::Pool& pool, const Settings& settings)
    : collection_(pool.collection(settings.database, settings.collection)) {}

DriverRecords::Erased MongoDriverRecords::erase(std::span<const std::string> driver_ids) {
    Erased erased;
    for (int look = 0; look < looks_max; ++look) {
        const Erased now = erase_once(driver_ids);
        erased.profiles += now.profiles;
        erased.records += now.records;
        erased.is_complete = now.is_complete;
        if (erased.is_complete) {
            break;
        }
    }
    return erased;
}

DriverRecords::Erased MongoDriverRecords::erase_once(std::span<const std::string> driver_ids) const {
    const bson::Document ids = bson::string_array({driver_ids.begin(), driver_ids.end()});
    mongo::FindOptions options;
    options.projection = bson::Builder().int32("_id", 1).int32("profiles", 1).take();
    options.batch_size = 100;
    const auto filter = bson::Builder().begin_document("profiles.driver_id").array("$in", ids).end().take();
    Erased erased;
    std::uint64_t removals = 0;
    auto bulk = collection_.bulk();
    auto cursor = collection_.find(filter, options);
    while (const auto found = cursor.next()) {
        const bson::View record(*found);
        const auto id = record.find("_id");
        const auto profiles = record.find("profiles");
        if (!id || !profiles || profiles->type != bson::Type::array) {
            continue;
        }
        const Holders holders = holders_of(profiles->document(), driver_ids);
        if (holders.of_others == 0) {
            // Only while it is as it was read: somebody may be adding another profile of this licence.
            bulk.remove_one(bson::Builder().copy(*id).copy(*profiles).take());
            ++removals;
            continue;
        }
        bson::Builder update;
        update.begin_document("$pull")
            .begin_document("profiles")
            .begin_document("driver_id")
            .array("$in", ids)
            .end()
            .end()
            .end();
        update.begin_document("$currentDate").boolean("modified_date", true);
        update.begin_document("updated_ts").string("$type", "timestamp").end();
        update.end();
        bulk.update_one(bson::Builder().copy(*id).take(), update.take());
        erased.profiles += holders.of_erased;
    }
    const mongo::BulkResult result = bulk.execute();
    if (!result.errors.empty()) {
        const mongo::WriteError& error = result.errors.front();
        throw platform::StoreRefused("MongoDB", error.code, error.message);
    }
    erased.records = result.removed;
    erased.is_complete = result.removed >= removals;
    return erased;
}

}  // namespace twinfleet::mirroring
