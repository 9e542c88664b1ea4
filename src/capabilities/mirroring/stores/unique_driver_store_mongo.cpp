#include "capabilities/mirroring/stores/unique_driver_store_mongo.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "capabilities/mirroring/stores/id_source.hpp"
#include "capabilities/mirroring/stores/write_isolation_mongo.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using bson::Builder;
using bson::Document;
using bson::Element;
using bson::Type;
using bson::View;
using Profiles = std::vector<const DriverProfile*>;

/// The same fields in the same order whoever writes it: that is what makes two of them one member of a set.
void append_profile(Builder& builder, std::string_view key, const domain::AppFamily& family,
                    const DriverProfile& profile) {
    builder.begin_document(key)
        .string("park_id", profile.park_id.value())
        .string("driver_id", profile.driver_id.value())
        .string("app_family", family.name)
        .end();
}

bool holds(View document, std::string_view field, std::string_view value) {
    const auto element = document.find(field);
    return element && element->is_string() && element->string() == value;
}

/// The member of a list of profiles is this driver's.
bool is_of(const Element& member, const DriverProfile& profile) {
    return member.type == Type::document && holds(member.document(), "driver_id", profile.driver_id.value());
}

bool is_as_wanted(const Element& member, const domain::AppFamily& family, const DriverProfile& profile) {
    return holds(member.document(), "park_id", profile.park_id.value()) &&
           holds(member.document(), "app_family", family.name);
}

enum class Standing { absent, right, wrong };

/// How a profile stands in a list; more than once is wrong, too.
Standing standing_of(View list, const domain::AppFamily& family, const DriverProfile& profile) {
    Standing standing = Standing::absent;
    for (const Element& member : list) {
        if (is_of(member, profile)) {
            standing = standing == Standing::absent && is_as_wanted(member, family, profile) ? Standing::right
                                                                                             : Standing::wrong;
        }
    }
    return standing;
}

/// The list with each of the profiles once and right; whatever else it holds stays.
void append_mended_list(Builder& builder, View list, const domain::AppFamily& family, const Profiles& profiles) {
    builder.begin_array("profiles");
    std::size_t count = 0;
    std::vector<bool> has_been_seen(profiles.size());
    for (const Element& member : list) {
        const auto profile =
            std::ranges::find_if(profiles, [&](const DriverProfile* wanted) { return is_of(member, *wanted); });
        if (profile == profiles.end()) {
            builder.copy_as(std::to_string(count++), member);
            continue;
        }
        const auto place = static_cast<std::size_t>(profile - profiles.begin());
        if (has_been_seen[place]) {
            continue;
        }
        has_been_seen[place] = true;
        builder.begin_document(std::to_string(count++))
            .string("park_id", (*profile)->park_id.value())
            .string("driver_id", (*profile)->driver_id.value())
            .string("app_family", family.name);
        for (const Element& field : member.document()) {
            if (field.key != "park_id" && field.key != "driver_id" && field.key != "app_family") {
                builder.copy(field);
            }
        }
        builder.end();
    }
    for (std::size_t i = 0; i < profiles.size(); ++i) {
        if (!has_been_seen[i]) {
            append_profile(builder, std::to_string(count++), family, *profiles[i]);
        }
    }
    builder.end();
}

void append_addition(Builder& builder, const domain::AppFamily& family, const Profiles& profiles) {
    builder.begin_document("$addToSet").begin_document("profiles").begin_array("$each");
    for (std::size_t i = 0; i < profiles.size(); ++i) {
        append_profile(builder, std::to_string(i), family, *profiles[i]);
    }
    builder.end().end().end();
}

void append_times(Builder& builder) {
    builder.begin_document("$currentDate").boolean("modified_date", true);
    builder.begin_document("updated_ts").string("$type", "timestamp").end();
    builder.end();
}

}  // namespace

/// A record as it was read.
struct UniqueDriverStoreMongo::Record {
    Document document;

    [[nodiscard]] Element id() const { return *document.view().find("_id"); }
    [[nodiscard]] std::optional<Element> profiles() const { return document.view().find("profiles"); }
    [[nodiscard]] bool has(const DriverProfile& profile) const {
        const auto list = profiles();
        return list && list->type == Type::array &&
               std::ranges::any_of(list->document(), [&](const Element& member) { return is_of(member, profile); });
    }
};

/// Profiles that belong into one record.
struct UniqueDriverStoreMongo::Group {
    /// nullptr: the licence has none yet.
    const Record* record;
    Profiles profiles;
};

UniqueDriverStoreMongo::UniqueDriverStoreMongo(const mongo::Pool& pool, IdSource& ids, const Settings& settings)
    : pool_(pool),
      ids_(ids),
      settings_(settings),
      collection_(pool.collection(settings.database, settings.collection)) {}

std::vector<std::size_t> UniqueDriverStoreMongo::add_profiles(const domain::AppFamily& family,
                                                              std::span<const DriverProfile> profiles) {
    // The last word on a driver counts.
    std::map<std::pair<std::string_view, std::string_view>, const DriverProfile*> wanted;
    for (const DriverProfile& profile : profiles) {
        wanted.insert_or_assign({profile.license, profile.driver_id.value()}, &profile);
    }
    std::vector<std::size_t> refused;
    Profiles batch;
    const auto finish = [&] {
        for (const DriverProfile* profile : add_batch(family, std::move(batch))) {
            refused.push_back(static_cast<std::size_t>(profile - profiles.data()));
        }
        batch.clear();
    };
    for (const auto& [key, profile] : wanted) {
        batch.push_back(profile);
        if (batch.size() == settings_.licenses_per_query) {
            finish();
        }
    }
    finish();
    std::sort(refused.begin(), refused.end());
    return refused;
}

std::vector<UniqueDriverStoreMongo::Record> UniqueDriverStoreMongo::find_records(const Profiles& profiles) const {
    std::vector<std::string_view> licenses;
    for (const DriverProfile* profile : profiles) {
        if (licenses.empty() || licenses.back() != profile->license) {
            licenses.push_back(profile->license);
        }
    }
    mongo::FindOptions options;
    options.projection =
        Builder().int32("_id", 1).int32("license", 1).int32("profiles", 1).int32("updated_ts", 1).take();
    options.batch_size = static_cast<std::uint32_t>(licenses.size());
    const auto filter = Builder().begin_document("license").array("$in", bson::string_array(licenses)).end().take();
    std::vector<Record> records;
    auto cursor = collection_.find(filter, options);
    while (const auto document = cursor.next()) {
        records.push_back({Document(*document)});
    }
    return records;
}

std::vector<UniqueDriverStoreMongo::Group> UniqueDriverStoreMongo::group_by_record(const Profiles& profiles,
                                                                                   const std::vector<Record>& records) {
    std::unordered_map<std::string_view, std::vector<const Record*>> records_by_license;
    for (const Record& record : records) {
        const auto license = record.document.view().find("license");
        if (license && license->is_string()) {
            records_by_license[license->string()].push_back(&record);
        }
    }
    std::vector<Group> groups;
    std::map<std::pair<std::string_view, const Record*>, std::size_t> places;
    for (const DriverProfile* profile : profiles) {
        const Record* record = nullptr;
        if (const auto found = records_by_license.find(profile->license); found != records_by_license.end()) {
            // More than one only where licences could not be made unique.
            const auto& alike = found->second;
            const auto holder = std::ranges::find_if(alike, [&](const Record* each) { return each->has(*profile); });
            record = holder != alike.end() ? *holder : alike.front();
        }
        const auto [place, is_new] = places.try_emplace({profile->license, record}, groups.size());
        if (is_new) {
            groups.push_back({.record = record, .profiles = {}});
        }
        groups[place->second].profiles.push_back(profile);
    }
    return groups;
}

void UniqueDriverStoreMongo::append_new_record(mongo::Bulk& bulk, const domain::AppFamily& family,
                                               const Profiles& profiles, std::int64_t now_ms) {
    // Inserted, not upserted: whoever is faster with this licence makes it a duplicate, and the next round finds his.
    // The time is the server's, asked in this round, so it is never ahead of the server's clock.
    constexpr std::int64_t ms_per_second = 1000;
    Builder record;
    record.string("_id", ids_.next()).string("license", profiles.front()->license).begin_array("profiles");
    for (std::size_t i = 0; i < profiles.size(); ++i) {
        append_profile(record, std::to_string(i), family, *profiles[i]);
    }
    record.end().date("created_date", now_ms).date("modified_date", now_ms);
    record.timestamp("updated_ts", {.seconds = static_cast<std::uint32_t>(now_ms / ms_per_second), .increment = 0});
    bulk.insert(record.take());
}

bool UniqueDriverStoreMongo::append_change(mongo::Bulk& bulk, const domain::AppFamily& family, const Group& group,
                                           std::int64_t read_after_ms) {
    const auto list = group.record->profiles();
    const bool is_list = list && list->type == Type::array;
    if (list && !is_list && list->type != Type::null) {
        return false;
    }
    Profiles absent;
    bool is_wrong = list && list->type == Type::null;
    for (const DriverProfile* profile : group.profiles) {
        const Standing standing = is_list ? standing_of(list->document(), family, *profile) : Standing::absent;
        is_wrong = is_wrong || standing == Standing::wrong;
        if (standing == Standing::absent) {
            absent.push_back(profile);
        }
    }
    Builder filter;
    filter.copy(group.record->id());
    Builder update;
    if (is_wrong) {
        // Whoever writes a record stamps it with the second of his write at least. While that second cannot come again,
        // the version stands for the list, and on the embedded server only {_id, updated_ts} is served by an index.
        const auto version = group.record->document.view().find("updated_ts");
        const bool is_settled = version && version->type == Type::timestamp &&
                                std::int64_t{version->timestamp().seconds} < read_after_ms / 1000;
        filter.copy(is_settled ? *version : *list);
        update.begin_document("$set");
        append_mended_list(update, is_list ? list->document() : View(), family, group.profiles);
        update.end();
    } else if (!absent.empty()) {
        append_addition(update, family, absent);
    } else {
        return true;
    }
    append_times(update);
    bulk.update_one(filter.take(), update.take());
    return true;
}

UniqueDriverStoreMongo::Profiles UniqueDriverStoreMongo::add_batch(const domain::AppFamily& family, Profiles profiles) {
    Profiles refusals;
    for (std::size_t round = 0; !profiles.empty(); ++round) {
        if (round == settings_.rounds_max) {
            throw platform::StoreUnavailable("MongoDB", "others kept changing the same records of unique drivers");
        }
        const std::int64_t now_ms = pool_.server_time_ms();
        const std::vector<Record> records = find_records(profiles);
        const std::vector<Group> groups = group_by_record(profiles, records);

        auto bulk = collection_.bulk();
        std::vector<const Group*> written;
        std::unordered_set<const DriverProfile*> refused;
        const auto refuse = [&](const Group& group) {
            refusals.insert(refusals.end(), group.profiles.begin(), group.profiles.end());
            refused.insert(group.profiles.begin(), group.profiles.end());
        };
        for (const Group& group : groups) {
            const std::size_t before = bulk.size();
            if (group.record == nullptr) {
                append_new_record(bulk, family, group.profiles, now_ms);
            } else if (!append_change(bulk, family, group, now_ms)) {
                refuse(group);
            }
            if (bulk.size() > before) {
                written.push_back(&group);
            }
        }
        const mongo::BulkResult result = bulk.execute();
        bool has_raced = result.matched + result.inserted + result.errors.size() < written.size();
        for (const mongo::WriteError& error : result.errors) {
            if (concerns_whole_store(error.code)) {
                throw platform::StoreRefused("MongoDB", error.code, error.message);
            }
            if (error.code == mongo::WriteError::duplicate_key) {
                has_raced = true;
            } else {
                refuse(*written[error.index]);
            }
        }
        if (!has_raced) {
            return refusals;
        }
        // Somebody else was faster somewhere: what is in its place by now needs no second write.
        std::erase_if(profiles, [&](const DriverProfile* profile) { return refused.contains(profile); });
    }
    return refusals;
}

}  // namespace twinfleet::mirroring
