#include "capabilities/mirroring/stores/unique_driver_rekeying_mongo.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "capabilities/mirroring/stores/unique_driver_record.hpp"
#include "capabilities/mirroring/stores/write_isolation_mongo.hpp"
#include "domain/license.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using bson::Builder;
using bson::Element;

constexpr std::size_t rekeyed_per_batch = 200;
/// How often a record is looked at again because somebody else has written it.
constexpr int rekeying_rounds_max = 5;
constexpr std::size_t left_ids_max = 20;

std::string text_of_id(const Element& id) {
    return id.is_string() ? std::string(id.string()) : bson::to_extended_json(id);
}

bool is_in_normal_form(const UniqueDriverRecord& record) {
    return domain::normalize_license(record.license()) == record.license();
}

class UniqueDriverRekeying {
public:
    UniqueDriverRekeying(const mongo::Pool& pool, const UniqueDriversPlace& place)
        : collection_(pool.collection(std::string(place.database), std::string(place.collection))) {}

    Rekeying run() {
        mongo::FindOptions options;
        options.projection = unique_driver_fields();
        options.from_primary = true;
        // All others are in normal form. Renamed ones may be met again, and are then left alone.
        const auto filter = Builder().begin_document("license").string("$regex", "[^0-9A-Z]").end().take();
        auto cursor = collection_.find(filter, options);
        std::vector<UniqueDriverRecord> batch;
        while (const auto document = cursor.next()) {
            UniqueDriverRecord record(*document);
            if (!is_in_normal_form(record)) {
                batch.push_back(std::move(record));
            }
            if (batch.size() == rekeyed_per_batch) {
                rekey(std::exchange(batch, {}));
            }
        }
        rekey(std::move(batch));
        return std::move(result_);
    }

private:
    void rekey(std::vector<UniqueDriverRecord> records) {
        for (int round = 0; !records.empty(); ++round) {
            if (round == rekeying_rounds_max) {
                leave(records);
                return;
            }
            records = read_again(one_round(records));
        }
    }

    void leave(const std::vector<UniqueDriverRecord>& records) {
        for (const UniqueDriverRecord& record : records) {
            ++result_.left;
            if (result_.left_ids.size() < left_ids_max) {
                result_.left_ids.push_back(text_of_id(record.id()));
            }
        }
    }

    /// Returns the records that have to be looked at again.
    std::vector<UniqueDriverRecord> one_round(const std::vector<UniqueDriverRecord>& records) {
        const auto homes = read_homes(records);
        std::vector<UniqueDriverRecord> again;
        std::vector<const UniqueDriverRecord*> renamed;
        std::vector<Merge> merges;
        std::set<std::string> taken;
        for (const UniqueDriverRecord& record : records) {
            const std::string license = domain::normalize_license(record.license());
            const auto home = homes.find(license);
            if (home != homes.end()) {
                merges.push_back({&record, &home->second});
            } else if (license.empty()) {
                // Nothing but blanks: nobody's.
            } else if (taken.insert(license).second) {
                renamed.push_back(&record);
            } else {
                again.push_back(record);
            }
        }
        rename(renamed, again);
        merge(merges, again);
        return again;
    }

    struct Merge {
        const UniqueDriverRecord* record;
        const UniqueDriverRecord* home;
    };

    /// By licence, the records that have it in normal form already.
    std::map<std::string, UniqueDriverRecord, std::less<>> read_homes(const std::vector<UniqueDriverRecord>& records) {
        std::set<std::string> licenses;
        for (const UniqueDriverRecord& record : records) {
            licenses.insert(domain::normalize_license(record.license()));
        }
        std::map<std::string, UniqueDriverRecord, std::less<>> homes;
        read(Builder()
                 .begin_document("license")
                 .array("$in", bson::string_array({licenses.begin(), licenses.end()}))
                 .end()
                 .take(),
             [&](UniqueDriverRecord record) {
                 std::string license(record.license());
                 homes.emplace(std::move(license), std::move(record));
             });
        return homes;
    }

    std::vector<UniqueDriverRecord> read_again(const std::vector<UniqueDriverRecord>& records) {
        std::vector<UniqueDriverRecord> read_now;
        if (records.empty()) {
            return read_now;
        }
        Builder ids;
        for (std::size_t i = 0; i < records.size(); ++i) {
            ids.copy_as(std::to_string(i), records[i].id());
        }
        read(Builder().begin_document("_id").array("$in", ids.take()).end().take(), [&](UniqueDriverRecord record) {
            if (!is_in_normal_form(record)) {
                read_now.push_back(std::move(record));
            }
        });
        return read_now;
    }

    template <typename Take>
    void read(bson::View filter, const Take& take) {
        mongo::FindOptions options;
        options.projection = unique_driver_fields();
        options.from_primary = true;
        auto cursor = collection_.find(filter, options);
        while (const auto document = cursor.next()) {
            take(UniqueDriverRecord(*document));
        }
    }

    void rename(const std::vector<const UniqueDriverRecord*>& records, std::vector<UniqueDriverRecord>& again) {
        auto bulk = collection_.bulk();
        for (const UniqueDriverRecord* record : records) {
            Builder update;
            update.begin_document("$set").string("license", domain::normalize_license(record->license())).end();
            append_stamp(update);
            bulk.update_one(Builder().copy(record->id()).string("license", record->license()).take(), update.take());
        }
        result_.renamed += send(bulk, records, again).matched;
    }

    void merge(const std::vector<Merge>& merges, std::vector<UniqueDriverRecord>& again) {
        auto additions = collection_.bulk();
        std::vector<const UniqueDriverRecord*> added;
        std::vector<const UniqueDriverRecord*> to_be_emptied;
        std::map<const UniqueDriverRecord*, const UniqueDriverRecord*> homes;
        for (const auto& [record, home] : merges) {
            homes.emplace(record, home);
            if (!record->takes_profiles()) {
                leave({*record});
            } else if (append_profiles(additions, *record, *home)) {
                added.push_back(record);
            } else if (!record->list().empty()) {
                to_be_emptied.push_back(record);
            }
        }
        const Sent sent = send(additions, added, again);
        if (sent.matched == sent.accepted.size()) {
            to_be_emptied.insert(to_be_emptied.end(), sent.accepted.begin(), sent.accepted.end());
        }
        auto bulk = collection_.bulk();
        for (const UniqueDriverRecord* record : to_be_emptied) {
            Builder update;
            update.begin_document("$set")
                .begin_array("profiles")
                .end()
                .copy_as("merged_into", homes[record]->id())
                .end();
            append_stamp(update);
            bulk.update_one(Builder().copy(record->id()).copy(*record->profiles()).take(), update.take());
        }
        result_.merged += send(bulk, to_be_emptied, again).matched;
    }

    /// Those of drivers who do not stand in `home` yet. False when there are none.
    static bool append_profiles(mongo::Bulk& bulk, const UniqueDriverRecord& record, const UniqueDriverRecord& home) {
        std::set<std::string_view> known;
        for (const Element& member : home.list()) {
            known.insert(driver_of(member));
        }
        Builder update;
        update.begin_document("$addToSet").begin_document("profiles").begin_array("$each");
        std::size_t count = 0;
        for (const Element& member : record.list()) {
            const std::string_view driver = driver_of(member);
            if (driver.empty() || !known.contains(driver)) {
                update.copy_as(std::to_string(count++), member);
            }
        }
        update.end().end().end();
        append_stamp(update);
        if (count > 0) {
            bulk.update_one(Builder().copy(home.id()).take(), update.take());
        }
        return count > 0;
    }

    struct Sent {
        /// Those whose writes the server did not refuse.
        std::vector<const UniqueDriverRecord*> accepted;
        /// How many writes met their documents.
        std::size_t matched;
    };
    /// Sends one write for each record. Leaves what is refused. Adds to `again` what met a duplicate key, and, as it
    /// does not show which, everything accepted if a write met no document.
    Sent send(mongo::Bulk& bulk, const std::vector<const UniqueDriverRecord*>& records,
              std::vector<UniqueDriverRecord>& again) {
        const mongo::BulkResult result = bulk.execute();
        std::set<std::size_t> refused;
        for (const mongo::WriteError& error : result.errors) {
            if (concerns_whole_store(error.code)) {
                throw platform::StoreRefused("MongoDB", error.code, error.message);
            }
            refused.insert(error.index);
            if (error.code == mongo::WriteError::duplicate_key) {
                again.push_back(*records[error.index]);
            } else {
                leave({*records[error.index]});
            }
        }
        Sent sent{.accepted = {}, .matched = result.matched};
        for (std::size_t i = 0; i < records.size(); ++i) {
            if (!refused.contains(i)) {
                sent.accepted.push_back(records[i]);
            }
        }
        if (sent.matched < sent.accepted.size()) {
            for (const UniqueDriverRecord* record : sent.accepted) {
                again.push_back(*record);
            }
        }
        return sent;
    }

    const mongo::Collection collection_;
    Rekeying result_;
};

}  // namespace

Rekeying rekey_unique_drivers(const mongo::Pool& pool, const UniqueDriversPlace& place) {
    return UniqueDriverRekeying(pool, place).run();
}

}  // namespace twinfleet::mirroring
