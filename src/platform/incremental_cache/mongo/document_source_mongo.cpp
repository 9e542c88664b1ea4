#include "platform/incremental_cache/mongo/document_source_mongo.hpp"

#include <limits>
#include <vector>

namespace twinfleet::incremental_cache {
namespace {

using bson::Builder;
using bson::Document;

constexpr std::string_view version_field = bson::updated_ts_field;
constexpr std::int64_t least_date_ms = std::numeric_limits<std::int64_t>::min();

// Two filters: a range over one BSON type never returns the other.
Document timestamps_from(bson::Timestamp from) {
    return Builder().begin_document(version_field).timestamp("$gte", from).end().take();
}
Document dates_from(std::int64_t from_ms) {
    return Builder().begin_document(version_field).date("$gte", from_ms).end().take();
}

Document sort_by_version(std::int32_t direction) {
    return Builder().int32(version_field, direction).int32("_id", direction).take();
}

}  // namespace

MongoDocumentSource::MongoDocumentSource(const mongo::Pool& pool, const std::string& database,
                                         const std::string& collection, std::span<const std::string_view> fields)
    : pool_(pool), collection_(pool.collection(database, collection)) {
    Builder projection;
    for (const std::string_view field : fields) {
        projection.int32(field, 1);
    }
    projection_ = projection.take();
}

Copy MongoDocumentSource::choose_copy() {
    const mongo::Replica replica = pool_.choose_replica();
    return {.server = replica.server_id, .behind = replica.behind};
}

bool MongoDocumentSource::read(bson::View filter, const Document& sort, const Copy& copy, const Take& take) const {
    auto cursor = collection_.find(filter, {.projection = projection_,
                                            .sort = sort,
                                            .batch_size = 1'000,
                                            .batch_size_max = 10'000,
                                            .from_primary = !copy.server,
                                            .server_id = copy.server});
    while (const auto document = cursor.next()) {
        if (!take(*document)) {
            return false;
        }
    }
    return true;
}

void MongoDocumentSource::changed_since(const bson::ChangePosition& from, const Copy& copy, const Take& take) {
    const auto sort = sort_by_version(1);
    if (read(timestamps_from(from.timestamp.value_or(bson::Timestamp{})), sort, copy, take)) {
        read(dates_from(from.date_ms.value_or(least_date_ms)), sort, copy, take);
    }
}

void MongoDocumentSource::all(const Copy& copy, const Take& take) {
    read(bson::View(), {}, copy, take);
}

void MongoDocumentSource::by_ids(std::span<const std::string> ids, const Take& take) {
    const std::vector<std::string_view> values(ids.begin(), ids.end());
    read(Builder().begin_document("_id").array("$in", bson::string_array(values)).end().take(), {}, {}, take);
}

bson::ChangePosition MongoDocumentSource::latest() {
    const auto latest_of = [&](bson::View filter) {
        const auto document = collection_.find_one(filter, {.projection = Builder().int32(version_field, 1).take(),
                                                            .sort = sort_by_version(-1),
                                                            .limit = 1,
                                                            .from_primary = true});
        return document ? bson::ChangeTime::of(document->view()) : bson::ChangeTime();
    };
    const std::int64_t now_ms = server_time_ms();
    bson::ChangePosition latest;
    latest.advance(latest_of(timestamps_from({})).not_after(now_ms));
    latest.advance(latest_of(dates_from(least_date_ms)).not_after(now_ms));
    return latest;
}

}  // namespace twinfleet::incremental_cache
