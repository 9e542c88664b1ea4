#include "capabilities/mirroring/stores/unique_driver_store_mongo.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>
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
using bson::Type;

void append_addition(Builder& builder, const domain::AppFamily& family, const ProfilePointers& profiles) {
    builder.begin_document("$addToSet").begin_document("profiles").begin_array("$each");
    for (std::size_t i = 0; i < profiles.size(); ++i) {
        append_profile(builder, std::to_string(i), family, *profiles[i]);
    }
    builder.end().end().end();
}

/// Sorted by licence; of several words on one driver the last one counts.
ProfilePointers in_order(std::span<const DriverProfile> profiles) {
    std::unordered_map<std::string_view, const DriverProfile*> last;
    last.reserve(profiles.size());
    for (const DriverProfile& profile : profiles) {
        last.insert_or_assign(profile.driver_id.value(), &profile);
    }
    ProfilePointers sorted;
    sorted.reserve(last.size());
    for (const auto& [driver, profile] : last) {
        sorted.push_back(profile);
    }
    std::sort(sorted.begin(), sorted.end(), [](const DriverProfile* a, const DriverProfile* b) {
        return std::tie(a->license, a->driver_id.value()) < std::tie(b->license, b->driver_id.value());
    });
    return sorted;
}

/// Calls `handle` with each run of profiles that have the same licence.
template <typename Handle>
void for_each_license(const ProfilePointers& sorted, const Handle& handle) {
    for (auto begin = sorted.begin(); begin != sorted.end();) {
        const auto end = std::find_if(
            begin, sorted.end(), [&](const DriverProfile* profile) { return profile->license != (*begin)->license; });
        handle(ProfilePointers(begin, end));
        begin = end;
    }
}

/// The next step for some profiles on their way to the records in which they belong.
struct NextStep {
    /// A record, and which of the profiles it is to have and not to have.
    struct Change {
        ProfilePointers belong;
        ProfilePointers leave;
    };
    /// One for each record that was read.
    std::vector<Change> changes;
    /// Those whose licences have no record.
    ProfilePointers homeless;
    /// Those that have to leave other records afterwards: only once a driver stands where he belongs, so that he has a
    /// record whatever fails in between.
    ProfilePointers unfinished;
    /// Those whose records take none.
    ProfilePointers refused;
};

NextStep next_step(const domain::AppFamily& family, const ProfilePointers& profiles,
                   const std::vector<UniqueDriverRecord>& records) {
    const ProfilePlaces places(profiles, records);
    NextStep step;
    step.changes.resize(records.size());
    const auto change_of = [&](const UniqueDriverRecord* record) -> NextStep::Change& {
        return step.changes[static_cast<std::size_t>(record - records.data())];
    };
    for (const DriverProfile* profile : profiles) {
        const UniqueDriverRecord* home = places.home_of(*profile);
        const auto others = places.others_with(*profile);
        const bool is_at_home = home != nullptr && home->standing_of(family, *profile) == ProfileStanding::right;
        if (home != nullptr && !home->takes_profiles()) {
            step.refused.push_back(profile);
        } else if (is_at_home || profile->license.empty()) {
            for (const UniqueDriverRecord* other : others) {
                change_of(other).leave.push_back(profile);
            }
        } else {
            (home == nullptr ? step.homeless : change_of(home).belong).push_back(profile);
            if (!others.empty()) {
                step.unfinished.push_back(profile);
            }
        }
    }
    return step;
}

}  // namespace

/// Writes that are sent together, each for some profiles.
class UniqueDriverStoreMongo::Writes {
public:
    Writes(const mongo::Collection& collection, const domain::AppFamily& family)
        : family_(family), bulk_(collection.bulk()) {}

    /// A record for a licence that has none, as far as is known. One that is there all the same, and that a majority of
    /// a replica set may not have yet, so that it is not read, takes the profiles.
    void add_to_license(const ProfilePointers& profiles, std::string_view id, std::int64_t now_ms) {
        Builder update;
        append_addition(update, family_, profiles);
        update.begin_document("$setOnInsert").string("_id", id).date("created_date", now_ms).end();
        append_stamp(update);
        bulk_.update_one(Builder().string("license", profiles.front()->license).take(), update.take(), true);
        written_.push_back(profiles);
    }

    /// A record for a licence that has none; an error if it has one.
    void insert(const ProfilePointers& profiles, std::string_view id, std::int64_t now_ms) {
        // The time is the server's, asked before this write, so it is never ahead of the server's clock.
        constexpr std::int64_t ms_per_second = 1000;
        Builder record;
        record.string("_id", id).string("license", profiles.front()->license).begin_array("profiles");
        for (std::size_t i = 0; i < profiles.size(); ++i) {
            append_profile(record, std::to_string(i), family_, *profiles[i]);
        }
        record.end().date("created_date", now_ms).date("modified_date", now_ms);
        record.timestamp("updated_ts", {.seconds = static_cast<std::uint32_t>(now_ms / ms_per_second), .increment = 0});
        bulk_.insert(record.take());
        written_.push_back(profiles);
    }

    /// The change of a record that was read after the time `read_after_ms`.
    void change(const UniqueDriverRecord& record, const ProfilePointers& belong, const ProfilePointers& leave,
                std::int64_t read_after_ms) {
        const auto list = record.profiles();
        const bool are_additions = leave.empty() && (!list || list->type == Type::array) &&
                                   std::ranges::all_of(belong, [&](const DriverProfile* profile) {
                                       return record.standing_of(family_, *profile) == ProfileStanding::absent;
                                   });
        Builder filter;
        filter.copy(record.id());
        Builder update;
        if (are_additions) {
            append_addition(update, family_, belong);
        } else {
            // Whoever writes a record stamps it with the second of his write at least. While that second cannot come
            // again, the version stands for the list, and on the embedded server only {_id, updated_ts} is served by an
            // index.
            const auto version = record.updated_ts();
            const bool is_settled = version && version->type == Type::timestamp &&
                                    std::int64_t{version->timestamp().seconds} < read_after_ms / 1000;
            filter.copy(is_settled ? *version : *list);
            update.begin_document("$set");
            append_mended_list(update, record, family_, belong, leave);
            update.end();
        }
        append_stamp(update);
        bulk_.update_one(filter.take(), update.take());
        written_.push_back(belong);
        written_.back().insert(written_.back().end(), leave.begin(), leave.end());
    }

    [[nodiscard]] std::size_t size() const { return written_.size(); }

    /// What was sent, write by write.
    struct Result {
        /// Writes that were refused, with their profiles. Duplicate keys are not among them.
        std::vector<ProfilePointers> refused;
        /// Writes that came to nothing because a licence has a record.
        std::vector<ProfilePointers> duplicates;
        /// How many met no document, or not as it was read.
        std::size_t missed = 0;
        /// How many found a document.
        std::size_t matched = 0;
    };
    [[nodiscard]] Result send() {
        const mongo::BulkResult sent = bulk_.execute();
        Result result;
        for (const mongo::WriteError& error : sent.errors) {
            if (concerns_whole_store(error.code)) {
                throw platform::StoreRefused("MongoDB", error.code, error.message);
            }
            auto& place = error.code == mongo::WriteError::duplicate_key ? result.duplicates : result.refused;
            place.push_back(written_[error.index]);
        }
        result.matched = sent.matched;
        result.missed = written_.size() - (sent.matched + sent.inserted + sent.upserted + sent.errors.size());
        return result;
    }

private:
    const domain::AppFamily& family_;
    mongo::Bulk bulk_;
    std::vector<ProfilePointers> written_;
};

UniqueDriverStoreMongo::UniqueDriverStoreMongo(const mongo::Pool& pool, IdSource& ids, const Settings& settings)
    : pool_(pool),
      ids_(ids),
      settings_(settings),
      collection_(pool.collection(settings.database, settings.collection)) {}

std::vector<std::size_t> UniqueDriverStoreMongo::place_profiles(const domain::AppFamily& family,
                                                                std::span<const DriverProfile> profiles) {
    const ProfilePointers sorted = in_order(profiles);
    std::vector<std::size_t> refused;
    for (std::size_t begin = 0; begin < sorted.size(); begin += settings_.profiles_per_query) {
        const auto part =
            std::span(sorted).subspan(begin, std::min(settings_.profiles_per_query, sorted.size() - begin));
        ProfilePointers unread;
        ProfilePointers rest;
        for (const DriverProfile* profile : part) {
            if (!profile->has_new_id) {
                rest.push_back(profile);
            } else if (!profile->license.empty()) {
                unread.push_back(profile);
            }
        }
        if (!unread.empty()) {
            const ProfilePointers left = add_unread(family, std::move(unread));
            rest.insert(rest.end(), left.begin(), left.end());
            std::stable_sort(rest.begin(), rest.end(),
                             [](const DriverProfile* a, const DriverProfile* b) { return a->license < b->license; });
        }
        for (const DriverProfile* profile : place_read(family, std::move(rest))) {
            refused.push_back(static_cast<std::size_t>(profile - profiles.data()));
        }
    }
    std::sort(refused.begin(), refused.end());
    return refused;
}

std::vector<ProfilePlace> UniqueDriverStoreMongo::find_profiles(const domain::AppFamily& family,
                                                                std::span<const DriverProfile> profiles) {
    std::vector<ProfilePlace> found;
    found.reserve(profiles.size());
    for (std::size_t begin = 0; begin < profiles.size(); begin += settings_.profiles_per_query) {
        ProfilePointers part;
        for (const DriverProfile& profile :
             profiles.subspan(begin, std::min(settings_.profiles_per_query, profiles.size() - begin))) {
            part.push_back(&profile);
        }
        const std::vector<UniqueDriverRecord> records = read_records(part);
        const ProfilePlaces places(part, records);
        for (const DriverProfile* profile : part) {
            found.push_back(places.place_of(family, *profile));
        }
    }
    return found;
}

std::vector<UniqueDriverRecord> UniqueDriverStoreMongo::read_records(
    std::span<const DriverProfile* const> profiles) const {
    std::vector<std::string_view> licenses;
    std::vector<std::string_view> drivers;
    for (const DriverProfile* profile : profiles) {
        if (!profile->license.empty()) {
            licenses.push_back(profile->license);
        }
        if (!profile->has_new_id) {
            drivers.push_back(profile->driver_id.value());
        }
    }
    std::sort(licenses.begin(), licenses.end());
    licenses.erase(std::unique(licenses.begin(), licenses.end()), licenses.end());

    std::vector<UniqueDriverRecord> records;
    std::unordered_set<std::string> ids;
    // Two queries, each served by one index, rather than one for either.
    const auto read = [&](std::string_view field, const std::vector<std::string_view>& texts) {
        if (texts.empty()) {
            return;
        }
        mongo::FindOptions options;
        options.projection = unique_driver_fields();
        options.batch_size = static_cast<std::uint32_t>(texts.size());
        options.from_primary = true;
        auto cursor = collection_.find(
            Builder().begin_document(field).array("$in", bson::string_array(texts)).end().take(), options);
        while (const auto document = cursor.next()) {
            UniqueDriverRecord record(*document);
            const auto id = record.id();
            std::string key(1, static_cast<char>(id.type));
            key.append(id.value.begin(), id.value.end());
            if (ids.insert(std::move(key)).second) {
                records.push_back(std::move(record));
            }
        }
    };
    read("license", licenses);
    read("profiles.driver_id", drivers);
    return records;
}

ProfilePointers UniqueDriverStoreMongo::add_unread(const domain::AppFamily& family, ProfilePointers profiles) {
    const std::int64_t now_ms = pool_.server_time_ms();
    const bool expects_records = expects_records_.load(std::memory_order_relaxed);
    Writes writes(collection_, family);
    for_each_license(profiles, [&](const ProfilePointers& of_license) {
        if (expects_records) {
            writes.add_to_license(of_license, ids_.next(), now_ms);
        } else {
            writes.insert(of_license, ids_.next(), now_ms);
        }
    });
    const std::size_t count = writes.size();
    const Writes::Result result = writes.send();
    // An insert that meets a record costs about four times what it saves where there is none.
    constexpr std::size_t inserts_for_a_miss = 4;
    const std::size_t known = expects_records ? result.matched : result.duplicates.size();
    expects_records_.store(known * inserts_for_a_miss >= count, std::memory_order_relaxed);

    ProfilePointers left;
    for (const auto* failed : {&result.refused, &result.duplicates}) {
        for (const ProfilePointers& each : *failed) {
            left.insert(left.end(), each.begin(), each.end());
        }
    }
    return left;
}

ProfilePointers UniqueDriverStoreMongo::place_read(const domain::AppFamily& family, ProfilePointers profiles) {
    ProfilePointers refused;
    for (std::size_t round = 0; !profiles.empty(); ++round) {
        if (round == settings_.rounds_max) {
            throw platform::StoreUnavailable("MongoDB", "others kept changing the same records of unique drivers");
        }
        const std::int64_t now_ms = pool_.server_time_ms();
        const std::vector<UniqueDriverRecord> records = read_records(profiles);
        NextStep step = next_step(family, profiles, records);
        std::unordered_set<const DriverProfile*> done(step.refused.begin(), step.refused.end());
        refused.insert(refused.end(), step.refused.begin(), step.refused.end());

        Writes writes(collection_, family);
        for (std::size_t i = 0; i < records.size(); ++i) {
            const auto& [belong, leave] = step.changes[i];
            if (!belong.empty() || !leave.empty()) {
                writes.change(records[i], belong, leave, now_ms);
            }
        }
        for_each_license(step.homeless, [&](const ProfilePointers& of_license) {
            writes.add_to_license(of_license, ids_.next(), now_ms);
        });
        const Writes::Result result = writes.send();
        for (const ProfilePointers& each : result.refused) {
            refused.insert(refused.end(), each.begin(), each.end());
            done.insert(each.begin(), each.end());
        }
        if (result.missed == 0 && result.duplicates.empty()) {
            profiles = std::move(step.unfinished);
        }
        // Else somebody was faster somewhere: what is in its place by now needs no second write.
        std::erase_if(profiles, [&](const DriverProfile* profile) { return done.contains(profile); });
    }
    return refused;
}

}  // namespace twinfleet::mirroring
